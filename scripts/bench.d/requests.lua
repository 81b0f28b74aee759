-- For wrk: METHOD [BODY], or METHOD with a file of bearer tokens, one a line, or of bodies behind a token and a tab, which
-- are used in turn. Prints what was measured as one line of JSON.
--
--   wrk … -s requests.lua URL -- METHOD tokens FILE
--   wrk … -s requests.lua URL -- METHOD bodies FILE
--   wrk … -s requests.lua URL -- METHOD body TEXT [TOKEN]

function init(args)
   wrk.method = args[1] or "GET"
   if args[2] == "body" then
      wrk.headers["Content-Type"] = "application/json"
      wrk.body = args[3]
      if args[4] then
         wrk.headers["Authorization"] = "Bearer " .. args[4]
      end
   elseif args[2] == "tokens" or args[2] == "bodies" then
      -- Written out beforehand, so that the generator has little to do for each request.
      local ready, turn = {}, 0
      for line in io.lines(args[3]) do
         local token, body = line:match("^([^\t]*)\t?(.*)$")
         local headers = { Host = wrk.headers["Host"] }
         if token ~= "" then headers["Authorization"] = "Bearer " .. token end
         if body ~= "" then headers["Content-Type"] = "application/json" end
         ready[#ready + 1] = wrk.format(nil, nil, headers, body ~= "" and body or nil)
      end
      function request()
         turn = turn % #ready + 1
         return ready[turn]
      end
   end
end

function done(summary, latency)
   local wrong = summary.errors
   io.write(string.format(
      '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"refused":%d,"broken":%d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      latency.max / 1e3, wrong.status, wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
