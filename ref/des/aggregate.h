/* aggregate.h: what ranks do together, as operations on the tape of each of them.
 *
 * Between a sub-operator (own rows to a message) and the top (the sum of all messages to the result)
 * stands one collective. Its gradient is part of the walk back over the tape, and all ranks walk
 * alike:
 *
 *     all-reduce     y = sum over r of message_r on every rank.  The top is computed by all ranks from
 *                    the same numbers, so each has dL/dy, which is dL/dmessage_r: nothing is sent.
 *     replicated     y = w, a weight that all ranks hold and use below the aggregation, each on its
 *                    own partial sums: dL/dw is the sum of theirs, an all-reduce.
 *     maximum        y = max over r of message_r. The gradient goes to the rank whose value it is; of
 *                    equal values, to the smallest key: a second all-reduce, of keys, on the way back.
 *
 * Sums are in the order of ranks whatever the timing. The communicator lives as long as the tape.
 * ctx is comm->ctx; under a gauge the gauges are added alike, without being counted. */
#ifndef TS_DES_AGGREGATE_H
#define TS_DES_AGGREGATE_H

#include "ref/comm/collective.h"
#include "ref/ops/bag.h"

#ifdef __cplusplus
extern "C" {
#endif

ts_tensor ts_sum_over_ranks(ts_comm *comm, ts_tensor message);
ts_tensor ts_replicated(ts_comm *comm, ts_tensor w);

/* message and where (of its sizes) as ts_bag_max gives them, with the bag's keys. What is empty on all
 * ranks is 0 and has no gradient. */
ts_tensor ts_max_over_ranks(ts_comm *comm, ts_tensor message, ts_tensor where, const ts_bag *bag);

/* Bytes that one rank sends in an all-reduce of n numbers of `size` bytes: the others' shards to their
 * owners, then round a ring every shard but the next rank's; 2 (N - 1) n size over all ranks. */
int64_t ts_sum_bytes(int64_t n, int size, int ranks, int rank);

#ifdef __cplusplus
}
#endif
#endif
