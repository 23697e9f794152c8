/* comm.h: the communicator. Ranks are one program, written once.
 *
 * A rank is a thread of this process or a process under Open MPI; the body below does not know
 * which, and its results are the same bits. Every rank has a context of its own (comm->ctx) and
 * sees a group: its number in it (rank) and how many there are (size).
 *
 *     static ts_status body(ts_comm *comm, void *arg)
 *     {
 *         double x = comm->rank;
 *         return ts_ring_all_reduce(comm, &x, 1, TS_F64, TS_SUM); (collective.h)
 *     }
 *     ts_comm_config config = {.topology = ts_topology_of(8, 2), .clock = true};
 *     ts_comm_run(ctx, &config, body, arg);
 *
 * Messages between two ranks with the same tag in the same group arrive in the order in which they
 * were sent. There is no "from anyone": so nothing depends on who came first.
 *
 * A failure of one rank ends them all: whoever waits is woken and gets a failure too, and
 * ts_comm_run fails with the one sentence that says which rank it was and why. A rank that waits
 * for longer than the time limit names the one that never came; a circle of ranks that wait for
 * each other, or for one that has ended, is found at once.
 *
 * After a failure (comm->ctx->status) every call returns it and does nothing: collectives can be
 * written without asking after every line. */
#ifndef TS_COMM_COMM_H
#define TS_COMM_COMM_H

#include "ref/comm/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ts_self;

typedef struct ts_comm {
    ts_ctx *ctx;          /* of this rank */
    int rank, size;       /* in this group; size 0: this rank is in none (ts_comm_split) */
    int context;          /* keeps the messages of groups apart */
    int *member;          /* the numbers in the whole world, in order of rank */
    struct ts_self *self; /* what belongs to the rank in all its groups: self.h */
} ts_comm;

typedef enum {
    TS_ENGINE_AUTO = 0, /* MPI when the process was started by mpirun, else threads */
    TS_ENGINE_THREADS,
    TS_ENGINE_MPI
} ts_engine;

typedef struct {
    ts_topology topology;
    ts_engine engine;
    bool clock;          /* keep the virtual clock (clock.h) */
    double time_limit;   /* seconds that a rank waits for another; 0: 300 */
    int threads;         /* inside the operations of each rank; 0: one */
    bool library;        /* collectives by the MPI library's own functions, where it has them */
    const void *setting; /* the caller's, handed on: ts_comm_setting */
} ts_comm_config;

typedef ts_status ts_comm_body(ts_comm *comm, void *arg);

/* Runs body on every rank and returns when all have ended. `arg` is shared by the threads (write to
 * places of your own only); every process of MPI has its own. The ranks' contexts have the table,
 * storage and rounding of ctx. Fails with the first failure of the lowest rank that failed by
 * itself: "rank 3 of 8: ...". Under MPI the number of processes is the topology's number of ranks;
 * all processes call; a rank's failure is reported on process 0, the others then wait for its end
 * (mpi.h). */
ts_status ts_comm_run(ts_ctx *ctx, const ts_comm_config *config, ts_comm_body *body, void *arg);

/* Point to point. Sizes are bytes; tags 0 .. 32767 (those above belong to the collectives); `to`
 * and `from` are ranks of the group other than one's own. The receiver must ask for exactly what
 * comes. A long message may wait in send until it is received: two ranks that both send first wait
 * for each other, which is what sendrecv is for: it sends and receives at the same time (to and from
 * may be the same, or oneself: a copy). A side of sendrecv with 0 bytes is no message at all; send
 * and recv of 0 bytes are one. */
enum { TS_COMM_TAGS = 1 << 16 };
ts_status ts_comm_send(ts_comm *comm, int to, int tag, const void *data, int64_t bytes);
ts_status ts_comm_recv(ts_comm *comm, int from, int tag, void *data, int64_t bytes);
ts_status ts_comm_sendrecv(ts_comm *comm, int tag, int to, const void *out, int64_t out_bytes,
                           int from, void *in, int64_t in_bytes);

/* Nobody leaves before everybody has come: ceil(log2 size) rounds of empty messages. */
ts_status ts_comm_barrier(ts_comm *comm);

/* Groups. Every rank of comm calls; those with the same colour are a group, ordered by key, then by
 * rank. A negative colour: in none (out->size 0). Closed with ts_comm_free. Setting up a group is
 * not counted and takes no virtual time.
 * node: the ranks of one's host. across: those with one's own number on every host that has it. */
ts_status ts_comm_split(ts_comm *comm, ts_comm *out, int color, int key);
ts_status ts_comm_node(ts_comm *comm, ts_comm *out);
ts_status ts_comm_across(ts_comm *comm, ts_comm *out);
void ts_comm_free(ts_comm *group);

const ts_topology *ts_comm_topology(const ts_comm *comm);
const void *ts_comm_setting(const ts_comm *comm);
int ts_comm_world_rank(const ts_comm *comm, int rank); /* of a rank of the group */
bool ts_comm_uses_library(const ts_comm *comm);

/* What this rank has sent so far, in all groups. */
typedef struct {
    int64_t messages[TS_LINK_CLASSES], bytes[TS_LINK_CLASSES];
} ts_traffic;
ts_traffic ts_comm_traffic(const ts_comm *comm);

/* The sum over all ranks; everybody calls, with a communicator of the whole world. Not counted. */
ts_status ts_comm_traffic_all(ts_comm *world, ts_traffic *out);

/* Between quiet and loud nothing is counted and no virtual time passes: for checks, reports and the
 * like. They nest. */
void ts_comm_quiet(ts_comm *comm);
void ts_comm_loud(ts_comm *comm);

#ifdef __cplusplus
}
#endif
#endif
