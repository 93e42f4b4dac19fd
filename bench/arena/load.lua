-- wrk's script for every profile: the batches come from a file, the figures go to stdout.
-- The environment tells the file, how many connections there are, and how many requests a batch holds.
-- The file holds, for each batch, its length in decimal digits, a line feed, and its bytes.

local connections = tonumber(os.getenv("ARENA_CONNECTIONS"))
local depth = tonumber(os.getenv("ARENA_DEPTH"))
local batches = {}

function init()
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

-- The p99 of the batches as they were seen. wrk adds made-up latencies to its statistics before it calls done()
-- (stats_correct in its stats.c), from the mean time of a *request*; where a batch holds several, that spoils every
-- percentile. What it added follows from what is above it, so that it can be taken out again from the slowest down.
local function p99(latency, requests, microseconds)
  local per_connection = math.floor(requests / connections)
  local interval = per_connection > 0 and math.floor(microseconds / per_connection) or math.huge
  local left = math.floor(requests / depth * 0.01)
  local added = {}
  for index = #latency, 1, -1 do
    local value, count = latency(index)
    count = count - (added[value] or 0)
    left = left - count
    if left < 0 then
      return value
    end
    if count > 0 and value >= 2 * interval then
      local lower = value - interval
      while lower > interval do
        added[lower] = (added[lower] or 0) + count
        lower = lower - interval
      end
    end
  end
  return 0
end

function done(summary, latency, requests)
  local errors = summary.errors
  local slow = p99(latency, summary.requests, summary.duration)
  io.write(string.format(
    '\nFIGURES {"requests": %d, "microseconds": %d, "p99": %d, '
      .. '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}\n',
    summary.requests, summary.duration, slow,
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
