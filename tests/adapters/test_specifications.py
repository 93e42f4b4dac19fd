"""Each rule of ASGI (HTTP 2.4, lifespan 2.0, TLS 0.2) and of WSGI (PEP 3333) for servers, in our words: the test that
holds it, or the reason why there is none.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ASGI = [
    (
        "an application is called once for each request, in a task or coroutine of the loop",
        "requests.TestScope.test_all_of_it",
    ),
    ("the scope is a dict of str, bytes, int, float, list, dict, bool and None", "requests.TestScope.test_all_of_it"),
    ("the scope has asgi.version, asgi.spec_version", "requests.TestScope.test_all_of_it"),
    (
        "what an application changes in its scope is not seen by the next request",
        "servers.test_extensions_are_the_requests_own",
    ),
    (
        "an application that raises is logged, and its client answered or cut off",
        "faults.TestFaults.test_raising_before_it",
    ),
    ("an exception of an application ends no other", "faults.TestFaults.test_one_that_exits_takes_nobody_along"),
    ("an event of a type that can't come now is an error of the application", "faults.TestFaults.test_bad_starts"),
    ("keys of an event that are not known do no harm", "answers.TestWhole.test_keys_that_it_does_not_know"),
    ("http_version is 1.0 or 1.1", "requests.TestScope.test_http_10"),
    ("method is in upper case as sent, or as it was sent", "requests.TestScope.test_all_of_it"),
    ("scheme is http or https, and not empty", "requests.TestScope.test_all_of_it"),
    ("path is decoded, percent-encoding and UTF-8, and without the query", "requests.TestScope.test_targets"),
    ("raw_path is as sent, without the query", "requests.TestScope.test_targets"),
    ("query_string is as sent", "requests.TestScope.test_targets"),
    ("root_path is where the application is mounted, and part of path", "requests.TestScope.test_where_a_proxy_has_it"),
    (
        "names of fields are in lower case, bytes, in the order of the request, repeated ones apart",
        "raw_headers.test_names_are_in_lower_case_and_values_as_sent",
    ),
    ("repeated fields keep their order", "raw_headers.test_repeated_fields_are_kept_in_order"),
    ("the host of a target is in the host field", "requests.TestScope.test_the_host_of_a_target_replaces_the_field"),
    ("client is host and port, or None", "requests.TestScope.test_all_of_it"),
    (
        "server is host and port, or the path of a UNIX socket and None, or None",
        "requests.TestScope.test_a_unix_socket",
    ),
    ("state is a shallow copy of what the lifespan has put there", "lifespan.test_all_of_it"),
    ("extensions are told", "extensions.TestExtensions.test_they_are_told"),
    ("a body comes in pieces, the last without more_body", "requests.TestBody.test_one_that_comes_later"),
    ("a request without a body has one event of nothing", "requests.TestBody.test_none"),
    (
        "an application that does not read holds the client back",
        "requests.TestBody.test_an_application_that_does_not_read_holds_the_client_back",
    ),
    ("100 is sent when the body is read", "requests.TestBody.test_100_continue_when_it_is_read"),
    (
        "http.response.start is held until the first http.response.body",
        "faults.TestFaults.test_an_error_page_after_bad_fields",
    ),
    ("fields of an answer keep their order", "answers.TestWhole.test_fields_keep_order_spelling_and_repetition"),
    ("names and values that are not bytes are an error", "answers.TestWhole.test_fields_that_are_text"),
    ("pseudo-fields, and what can't stand in a field, are an error", "faults.TestFaults.test_bad_fields"),
    (
        "transfer-encoding of an application is ignored; the framing is the server's",
        "answers.TestWhole.test_framing_is_the_servers",
    ),
    (
        "without a content-length content in pieces is chunked",
        "answers.TestPieces.test_without_a_length_they_are_chunks",
    ),
    ("a content-length is kept, and checked", "faults.TestFaults.test_more_than_the_length"),
    ("send waits while the client takes nothing", "answers.TestPieces.test_a_slow_client_holds_the_application_back"),
    (
        "what is sent leaves at once, and is not held for the next event",
        "answers.TestPieces.test_each_piece_leaves_at_once",
    ),
    ("send raises an OSError where the client is gone", "requests.TestDisconnects.test_send_raises_an_os_error"),
    ("http.disconnect comes where the client has left", "requests.TestDisconnects.test_receive_tells_it"),
    ("http.disconnect comes behind the answer", "requests.TestDisconnects.test_behind_a_complete_answer"),
    (
        "early hints are sent, before the start of the answer, in any number",
        "extensions.TestExtensions.test_early_hints",
    ),
    ("trailers follow where start said so", "extensions.TestExtensions.test_trailers"),
    ("trailers go to clients that take them", "extensions.TestExtensions.test_trailers_that_are_left_out"),
    ("pathsend takes an absolute path, and sends the file", "extensions.TestExtensions.test_pathsend"),
    (
        "http.response.zerocopysend",
        "because: descriptors of an application's are its own to close; pathsend is for files",
    ),
    ("http.response.push", "because: HTTP/1.1 has no server push, and browsers have given it up"),
    ("http.response.debug", "because: it is for test clients, which call the application themselves"),
    ("websocket", "because: an issue of its own"),
    ("lifespan: startup comes before the first request", "lifespan.test_startup_comes_before_the_server_listens"),
    ("lifespan: shutdown comes behind the last answer", "lifespan.test_shutdown_comes_after_the_last_answer"),
    ("lifespan: a failed startup is logged, and ends the server", "lifespan.test_a_failed_startup"),
    ("lifespan: a failed shutdown is logged", "lifespan.test_a_failed_shutdown_is_logged"),
    (
        "lifespan: an application that raises at the scope is served without",
        "lifespan.test_an_application_without_one_is_served",
    ),
    ("lifespan: one in each event loop", "servers.TestSeveralServers.test_in_two_loops"),
    ("tls: the extension is there over TLS, with all of its keys", "tls.test_what_it_tells"),
    ("tls: and not over TCP", "tls.test_plain_tcp_has_none"),
    ("tls: the client's name is as RFC 4514 writes it", "tls.test_names_as_text"),
]

WSGI = [
    ("environ is a dict of the interpreter's own", "wsgi.TestValidator.test_requests"),
    (
        "REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, SERVER_NAME, SERVER_PORT, SERVER_PROTOCOL",
        "wsgi.TestEnviron.test_all_of_it",
    ),
    ("SCRIPT_NAME is where the application is mounted", "wsgi.TestEnviron.test_where_a_proxy_has_it"),
    ("CONTENT_TYPE and CONTENT_LENGTH are without HTTP_", "wsgi.TestEnviron.test_the_content_type"),
    ("a body without a length has one, or ends at its end", "wsgi.TestEnviron.test_a_chunked_body_has_a_length"),
    (
        "HTTP_ variables are of the request's fields, repeated ones joined",
        "wsgi.TestEnviron.test_repeated_fields_are_joined",
    ),
    (
        "a field can't pass for another by an underscore",
        "wsgi.TestEnviron.test_fields_that_would_pass_for_others_are_left_out",
    ),
    ("text is Latin-1 of the octets", "wsgi.TestEnviron.test_octets_are_latin_1"),
    ("wsgi.version, url_scheme, multithread, multiprocess, run_once", "wsgi.TestEnviron.test_all_of_it"),
    ("wsgi.input reads no further than the body", "wsgi.TestValidator.test_a_body"),
    ("wsgi.input has read, readline, readlines and iteration", "wsgi.TestValidator.test_a_body"),
    ("wsgi.errors has write, writelines and flush, of text", "wsgi_errors.TestErrors.test_an_application_s"),
    ("start_response takes a status with its phrase", "wsgi_answers.TestAnswers.test_its_reason_phrase"),
    ("a status, or fields, that can't be sent raise at the call", "wsgi_fields.test_a_bad_field_can_be_caught"),
    ("fields of the connection are not the application's", "wsgi_fields.test_fields_of_the_connection_are_left_out"),
    ("nothing is sent before the first bytes of content", "wsgi_faults.TestFaults.test_another_answer_with_exc_info"),
    ("start_response is called again with exc_info alone", "wsgi_faults.TestFaults.test_bad_calls_of_start_response"),
    ("exc_info is raised again where the head was sent", "wsgi_faults.TestFaults.test_exc_info_when_it_is_too_late"),
    (
        "start_response may be called by the first step of the iterator",
        "wsgi_answers.TestAnswers.test_start_response_at_the_first_piece",
    ),
    ("no start_response before content is an error", "wsgi_faults.TestFaults.test_bad_applications"),
    ("content is bytes", "wsgi_faults.TestFaults.test_bad_applications"),
    ("what is yielded leaves before the next is asked for", "wsgi_answers.TestAnswers.test_each_piece_leaves_at_once"),
    ("the length of a result of one piece is stated", "wsgi_answers.TestAnswers.test_a_list_has_its_length"),
    ("no more than the content-length is sent", "wsgi_fields.test_more_than_was_stated"),
    (
        "less than the content-length is an error that the client sees",
        "wsgi_faults.TestFaults.test_less_than_the_stated_length",
    ),
    ("close() of the result is called, whatever happens", "wsgi_faults.TestFaults.test_close_is_always_called"),
    ("write() sends what it is given before the result", "wsgi_answers.TestAnswers.test_write"),
    ("HEAD, and statuses without content, get none", "wsgi_answers.TestAnswers.test_no_content"),
    (
        "an error of the application is logged, and answered with 500, or breaks the answer off",
        "wsgi_faults.TestFaults.test_raising",
    ),
    (
        "100 is sent where it is expected",
        "because: the body is collected first, which sends it (tests/connection/test_expect.py)",
    ),
    (
        "a file_wrapper is iterable, closes its file, and is sent from where the file stands",
        "wsgi_answers.TestFiles.test_one_does_what_its_file_does",
    ),
    (
        "a file_wrapper that another iterable wraps is a plain iterable",
        "wsgi_answers.TestFiles.test_one_that_is_wrapped_is_iterated",
    ),
    ("wsgi.multithread is true only where it is so", "wsgi.TestEnviron.test_all_of_it"),
    (
        "an application's thread sees the contexts of no other's",
        "wsgi_errors.TestContexts.test_one_of_its_own_for_each_call",
    ),
    ("a client that leaves ends an iterator", "wsgi_faults.TestBackpressure.test_a_client_that_leaves_ends_it"),
    ("wsgiref.validate finds nothing", "wsgi.TestValidator.test_requests"),
]


def names_in(file: Path) -> set[str]:
    """The tests of a file, by name, those of classes behind theirs."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


FOLDER = Path(__file__).parent
KNOWN = {f"{file.stem.removeprefix('test_')}.{name}" for file in FOLDER.glob("test_*.py") for name in names_in(file)}


@pytest.mark.parametrize(("rules", "prefix"), [(ASGI, "asgi_"), (WSGI, "")], ids=["asgi", "wsgi"])
def test_each_rule_has_its_test(rules, prefix):
    for rule, where in rules:
        assert f"{prefix}{where}" in KNOWN or where in KNOWN or where.startswith("because: "), (rule, where)
