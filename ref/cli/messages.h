/* messages.h: the messages of ranks, in cases and in what somebody brings.
 *
 * An operator that ranks make together (des.*) has a message for each of them, "message.RANK". Whoever
 * shows one message shows all: a rank without one was never used. */
#ifndef TS_CLI_MESSAGES_H
#define TS_CLI_MESSAGES_H

#include "ref/cli/case.h"

/* If the case or what was brought (or NULL) holds a message, every rank's must be there, and no
 * other's: else fails and names the rank. Messages that were brought become targets of the case,
 * judged against our own run; their names live in the context. */
ts_status ts_expect_messages(ts_ctx *ctx, ts_case *c, const ts_items *brought);

#endif
