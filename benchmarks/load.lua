-- One query, sent again and again by wrk: wrk -s load.lua URL -- PATH ACCEPT fresh|same
-- "fresh" adds a comment of its own to each, so that nothing kept by a server answers it.
local thread_count = 0

function setup(thread)
   thread:set("number", thread_count)
   thread_count = thread_count + 1
end

function init(args)
   path, accept, fresh = args[1], args[2], args[3] == "fresh"
   -- Threads and runs must not repeat each other.
   mark = "%0A%23" .. os.time() .. "." .. number .. "."
   count = 0
   tail = " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAccept: " .. accept .. "\r\n\r\n"
end

function request()
   if not fresh then return "GET " .. path .. tail end
   count = count + 1
   return "GET " .. path .. mark .. count .. tail
end

function done(summary, latency, requests)
   local e = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "seconds": %f, "bytes": %d, "mean": %f, "p50": %f, "p99": %f, "max": %f, '
      .. '"refused": %d, "broken": %d}\n',
      summary.requests, summary.duration / 1e6, summary.bytes, latency.mean / 1e6,
      latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, latency.max / 1e6,
      e.status, e.connect + e.read + e.write + e.timeout))
end
