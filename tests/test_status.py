"""StatusCode and the reason phrases: the seed's names, IANA's words."""

import pickle
from http import HTTPStatus

import pytest

from fastresp.status import REASONS, StatusCode, status_code

# Qt's names in the seed's order, with the number that Qt gives each.
SEED = {
    "Continue": 100,
    "SwitchingProtocols": 101,
    "Processing": 102,
    "Ok": 200,
    "Created": 201,
    "Accepted": 202,
    "NonAuthoritativeInformation": 203,
    "NoContent": 204,
    "ResetContent": 205,
    "PartialContent": 206,
    "MultiStatus": 207,
    "AlreadyReported": 208,
    "IMUsed": 226,
    "MultipleChoices": 300,
    "MovedPermanently": 301,
    "Found": 302,
    "SeeOther": 303,
    "NotModified": 304,
    "UseProxy": 305,
    "TemporaryRedirect": 307,
    "PermanentRedirect": 308,
    "BadRequest": 400,
    "Unauthorized": 401,
    "PaymentRequired": 402,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "NotAcceptable": 406,
    "ProxyAuthenticationRequired": 407,
    "RequestTimeout": 408,
    "Conflict": 409,
    "Gone": 410,
    "LengthRequired": 411,
    "PreconditionFailed": 412,
    "PayloadTooLarge": 413,
    "UriTooLong": 414,
    "UnsupportedMediaType": 415,
    "RequestRangeNotSatisfiable": 416,
    "ExpectationFailed": 417,
    "ImATeapot": 418,
    "MisdirectedRequest": 421,
    "UnprocessableEntity": 422,
    "Locked": 423,
    "FailedDependency": 424,
    "UpgradeRequired": 426,
    "PreconditionRequired": 428,
    "TooManyRequests": 429,
    "RequestHeaderFieldsTooLarge": 431,
    "UnavailableForLegalReasons": 451,
    "InternalServerError": 500,
    "NotImplemented": 501,
    "BadGateway": 502,
    "ServiceUnavailable": 503,
    "GatewayTimeout": 504,
    "HttpVersionNotSupported": 505,
    "VariantAlsoNegotiates": 506,
    "InsufficientStorage": 507,
    "LoopDetected": 508,
    "NotExtended": 510,
    "NetworkAuthenticationRequired": 511,
    "NetworkConnectTimeoutError": 599,
}


def test_seed_members():
    assert len(SEED) == 61
    assert {name: StatusCode[name].value for name in SEED} == SEED


def test_members_beyond_the_seed():
    extra = {name: member.value for name, member in StatusCode.__members__.items() if name not in SEED}
    assert extra == {"EarlyHints": 103, "TooEarly": 425}


def test_equal_to_numbers_and_to_the_standard_library():
    assert StatusCode.Ok == 200
    assert StatusCode.NotFound == HTTPStatus.NOT_FOUND
    assert StatusCode(451) is StatusCode.UnavailableForLegalReasons


def test_pickle():
    assert pickle.loads(pickle.dumps(StatusCode.Gone)) is StatusCode.Gone


def test_every_member_has_a_reason():
    assert set(REASONS) == {member.value for member in StatusCode}
    assert all(reason.isascii() and reason == reason.strip() != "" for reason in REASONS.values())


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (103, "Early Hints"),
        (200, "OK"),
        (203, "Non-Authoritative Information"),
        (226, "IM Used"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (416, "Range Not Satisfiable"),
        (418, "I'm a teapot"),
        (422, "Unprocessable Content"),
        (425, "Too Early"),
        (451, "Unavailable For Legal Reasons"),
        (505, "HTTP Version Not Supported"),
        (510, "Not Extended"),
        (599, "Network Connect Timeout Error"),
    ],
)
def test_reasons_are_of_today(code, reason):
    assert REASONS[code] == reason


@pytest.mark.parametrize("code", [104, 299, 306, 419, 509, 999])
def test_unassigned_codes_have_no_reason(code):
    assert code not in REASONS


def test_status_code_gives_a_plain_int():
    for status in (StatusCode.Ok, HTTPStatus.OK, 200):
        assert type(status_code(status)) is int
        assert status_code(status) == 200
