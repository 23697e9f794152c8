/* clock.h: how long the cluster would have taken.
 *
 * Every rank writes down what it does: messages, computing, waiting. The virtual clock replays these
 * logs as a discrete-event simulation, so its answer depends on the program alone, never on how the
 * system scheduled threads or processes.
 *
 * The network. A rank has a port in each direction for messages inside its host; a host has one NIC
 * in each direction, which all its ranks share, for messages between hosts. A message of b bytes
 *   1. queues for the sender's port (or NIC), first come first served by virtual time of sending,
 *      ties by the lower rank, and occupies it for b * beta;
 *   2. its first byte comes to the receiver's port alpha after it left the sender's; there it queues
 *      in the same way and occupies that port for b * beta.
 * Over free links that is alpha + b * beta. A send ends for the sender when the message has left its
 * port; alpha is the wire's. A sendrecv begins both at once and ends with the later of the two.
 *
 * Streams. A rank's actions happen one after another on its current stream (0 at the beginning).
 * Another stream runs beside it: a backward pass computes on stream 0 while its gradients travel on
 * stream 1. All streams of a rank share its ports. */
#ifndef TS_COMM_CLOCK_H
#define TS_COMM_CLOCK_H

#include "ref/comm/comm.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_STREAMS = 8 };

/* The current stream computes for so many seconds. */
void ts_comm_compute(ts_comm *comm, double seconds);

/* What follows happens on that stream: returns the one before. It begins when the stream has done
 * what it was given before, no matter how far the others are. */
int ts_comm_stream(ts_comm *comm, int stream);

/* The current stream waits for all that was given to another one so far. */
void ts_comm_after(ts_comm *comm, int stream);

typedef struct {
    double own;  /* when this rank's last stream had ended */
    double last; /* when everybody's had: the virtual time that it is now, for all */
} ts_virtual_time;

/* The virtual time. Every rank of the world calls; all streams of all ranks then go on from
 * time->last together (it is a meeting that costs nothing). Without a clock in the configuration
 * the times are 0. */
ts_status ts_comm_time(ts_comm *world, ts_virtual_time *time);

/* Inside the room: a rank's log, and the replay. */
typedef enum { TS_DO_COMPUTE, TS_DO_MESSAGE, TS_DO_AFTER } ts_do;

typedef struct {
    int32_t what, stream;
    int32_t to, from;      /* of a message: the receiver and the awaited sender, or -1 */
    int32_t context, tag;  /* of both; of `after`: tag is the awaited stream */
    int64_t bytes;         /* that are sent */
    double seconds;        /* of computing */
} ts_action;

typedef struct {
    ts_action *at;
    int64_t count, room;
    int stream;
    bool on; /* nothing is written down without a clock */
} ts_clock_log;

ts_status ts_clock_note(ts_ctx *ctx, ts_clock_log *log, ts_action action);

typedef struct ts_clock ts_clock;
ts_clock *ts_clock_open(ts_ctx *ctx, const ts_topology *topology); /* NULL: failed */
void ts_clock_close(ts_clock *clock);

/* Replays the actions of all ranks from where the last replay ended; time[rank]. Fails when an
 * awaited message was never sent. */
ts_status ts_clock_replay(ts_ctx *ctx, ts_clock *clock, const ts_clock_log *logs,
                          ts_virtual_time *time);

#ifdef __cplusplus
}
#endif
#endif
