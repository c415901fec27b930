/* messages.h - what clients say to a server and what it answers, as texts for tests: those of the server that
   host_begin describes, unless a macro says otherwise. Each message ends its line; MESSAGE_END is defined as ""
   before by those who put messages into a batch. */
#ifndef MESSAGES_H
#define MESSAGES_H

#ifndef MESSAGE_END
#define MESSAGE_END "\n"
#endif

#define MESSAGE(members) "{\"jsonrpc\":\"2.0\"," members "}" MESSAGE_END

/*---- Said by clients -----------------------------------------------------------------------------*/

#define REQUEST(id, method, params) MESSAGE("\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}")
#define TOLD(method, params) MESSAGE("\"method\":\"notifications/" method "\",\"params\":{" params "}")
#define INITIALIZE(revision) REQUEST("0", "initialize", "\"protocolVersion\":\"" revision "\"")
#define CALL(id, tool, text) \
    REQUEST(id, "tools/call", "\"name\":\"" tool "\",\"arguments\":{\"text\":\"" text "\"}")
#define CANCEL(id) TOLD("cancelled", "\"requestId\":" id)
#define PING(id) MESSAGE("\"id\":" id ",\"method\":\"ping\"")

/* What makes a request one of 2026-07-28: members of _meta, and all of it. */
#define IN_2026 "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
                "\"io.modelcontextprotocol/clientCapabilities\":{}"
#define META "\"_meta\":{" IN_2026 "}"

/*---- Answered ------------------------------------------------------------------------------------*/

#define INITIALIZED(revision)                                                                       \
    MESSAGE("\"id\":0,\"result\":{\"protocolVersion\":\"" revision "\",\"capabilities\":{\"tools\":{}}," \
            "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}")
#define DONE(id) MESSAGE("\"id\":" id ",\"result\":{}")
#define PONG(id) DONE(id)
#define BLOCK(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define RESULT(id, blocks) MESSAGE("\"id\":" id ",\"result\":{\"content\":[" blocks "]}")
#define REGRET(id, text) MESSAGE("\"id\":" id ",\"result\":{\"content\":[" BLOCK(text) "],\"isError\":true}")
#define FAILURE(id, code, text) MESSAGE("\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" text "\"}")

/* What the result of a modern request ends with. */
#define MODERN_END ",\"resultType\":\"complete\"," \
    "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}"
#define MODERN_RESULT(id, blocks) MESSAGE("\"id\":" id ",\"result\":{\"content\":[" blocks "]" MODERN_END "}")

#endif /* MESSAGES_H */
