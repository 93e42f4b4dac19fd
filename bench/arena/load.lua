-- wrk's script for every profile: the batches come from a file, the figures go to stdout.
-- The environment tells the file, how many connections there are, and how many milliseconds each of them thinks before
-- it asks (0: it asks at once).
-- The file holds, for each batch, its length in decimal digits, a line feed, and its bytes.

local connections = tonumber(os.getenv("ARENA_CONNECTIONS"))
local think = tonumber(os.getenv("ARENA_THINK"))
local opening = think > 0 and 300 or 0 -- milliseconds in which nobody asks, for all connections are being opened
local batches = {}

-- wrk calls this before each batch, and starts its clock after the pause. The pauses are even from nothing to twice
-- the thinking: so the connections are spread from the start, and stay so. Every server gets the same ones.
local function pause()
  local begun = 0
  math.randomseed(1)
  return function()
    begun = begun + 1
    return math.random(0, 2 * think) + (begun > connections and 0 or opening)
  end
end

function init()
  if think > 0 then
    delay = pause()
  end
  local file = assert(io.open(os.getenv("ARENA_BATCHES"), "rb"))
  for size in file:lines() do
    local batch = file:read(tonumber(size))
    batches[#batches + 1] = batch
  end
  file:close()
  if #batches == 1 then
    wrk.format = function() return batches[1] end -- a constant one: wrk calls no Lua while it measures
  else
    local turn = 0
    function request()
      turn = turn % #batches + 1
      return batches[turn]
    end
  end
end

-- The percentiles of the batches as they were seen. wrk adds made-up latencies to its statistics before it calls done()
-- (stats_correct in its stats.c), from the mean time of a *request*, thinking included; where a batch holds several, that
-- spoils every percentile. What it added follows from what is above it, so that it can be taken out again from the
-- slowest down. (Through wrk's own functions each look at the statistics costs a pass over all of them: seconds, on a
-- slow server.)
local ffi = require("ffi")
ffi.cdef("typedef struct { uint64_t count, limit, min, max, data[1]; } arena_stats;")

local function as_seen(latency, requests, microseconds)
  local stats = ffi.cast("arena_stats **", latency)[0]
  local min, max, data = tonumber(stats.min), tonumber(stats.max), stats.data
  assert(min == latency.min and max == latency.max, "this wrk keeps its statistics in another way")
  local per_connection = math.floor(requests / connections)
  local interval = per_connection > 0 and math.floor(microseconds / per_connection) or math.huge
  for value = max, 2 * interval, -1 do
    if data[value] > 0 then
      for lower = value - interval, interval + 1, -interval do
        data[lower] = data[lower] - data[value]
      end
    end
  end
  local count = 0
  for value = min, max do
    count = count + tonumber(data[value])
  end
  return function(share) -- the least of the slowest ones, which are this share of all
    local left = math.floor(count * share)
    for value = max, min, -1 do
      left = left - tonumber(data[value])
      if left < 0 then
        return value
      end
    end
    return 0
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  local slowest = as_seen(latency, summary.requests, summary.duration)
  io.write(string.format(
    '\nFIGURES {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, '
      .. '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}\n',
    summary.requests, summary.duration - 1000 * opening, slowest(0.5), slowest(0.01),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
