/* progress.h: say how far a long computation is, and stop it when the user asks.
 *
 * A library prints nothing: it calls `tell` with what it is doing, and looks at `stop` between
 * operations. The command installs a printer for terminals and a flag set by Ctrl-C. */
#ifndef TS_BASE_PROGRESS_H
#define TS_BASE_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ts_ctx;

typedef struct {
    /* done of total units of `what` ("step", "tile"); total 0: not known. NULL: nobody listens. */
    void (*tell)(void *arg, const char *what, int64_t done, int64_t total);
    void *arg;
    const volatile sig_atomic_t *stop; /* not 0: stop as soon as possible. NULL: never. */
} ts_progress;

void ts_tell(struct ts_ctx *ctx, const char *what, int64_t done, int64_t total);

/* True when the user asked to stop; the context then holds TS_ERROR_INTERRUPTED. */
bool ts_interrupted(struct ts_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
