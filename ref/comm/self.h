/* self.h: inside the room: a rank's own record, and what an engine is. */
#ifndef TS_COMM_SELF_H
#define TS_COMM_SELF_H

#include "ref/comm/clock.h"
#include "ref/comm/comm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One message or one awaited message, between ranks of the world. */
typedef struct {
    int peer, context, tag;
    void *data; /* of a message to be sent: only read */
    int64_t bytes;
} ts_parcel;

/* An engine moves bytes between ranks of the world, nothing else. Each function records its failure
 * in the rank's context. In sendrecv either side may be NULL: that is send and recv. */
typedef struct {
    const char *name;
    ts_status (*sendrecv)(struct ts_self *self, const ts_parcel *out, const ts_parcel *in);
    /* Sum or maximum over the whole world, by the library's own function; NULL: it has none. */
    ts_status (*all_reduce)(struct ts_self *self, void *data, int64_t n, ts_dtype type, int reduce);
} ts_comm_engine;

typedef struct ts_self {
    ts_ctx *ctx;
    int rank; /* in the world */
    const ts_comm_config *config;
    const ts_comm_engine *engine;
    void *world;      /* the engine's */
    int next_context; /* of the next group */
    int quiet;
    ts_traffic traffic;
    ts_clock_log log;
    ts_clock *clock; /* rank 0: where the logs are replayed */
} ts_self;

/* The whole world as a group, and its end. */
ts_status ts_comm_open_world(ts_comm *world, ts_self *self);
void ts_comm_close_world(ts_comm *world);

/* The engines' ways to run a body: threads.c, mpi.c. */
ts_status ts_comm_run_threads(ts_ctx *ctx, const ts_comm_config *config, ts_comm_body *body,
                              void *arg);
ts_status ts_comm_run_mpi(ts_ctx *ctx, const ts_comm_config *config, ts_comm_body *body, void *arg);

#ifdef __cplusplus
}
#endif
#endif
