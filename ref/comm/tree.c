/* tree.c: binomial trees.
 *
 * In round s of a reduction rank r with bit s set sends to r - 2^s and is done; the others add what
 * comes. The broadcast is the same backwards. With P a power of two:
 *
 *   broadcast     log2(P) (a + B)
 *   all-reduce    2 log2(P) (a + B): reduce to rank 0, broadcast
 *   double tree   2 log2(P) (a + B / 2): the first half of the data on this tree, the second on its
 *                 mirror (rank P - 1 - r in place of r), at the same time. In round 0 a rank sends on
 *                 one tree while it receives on the other; later the ranks of the two are others.
 *
 * Element i of the first half is added pairwise: ((g0 + g1) + (g2 + g3)) + ...
 * Source: Sanders, Speck and Traeff, Two-tree algorithms (2009), whose trees are pipelined in pieces:
 * 2 log2(P) a + 2 B; here each message is whole, so that a step is a line.
 * Test: tests/comm/test_tree.c */
#include "ref/comm/collective.h"
#include "ref/comm/places.h"

enum { UP_TAG = TS_COMM_TAGS / 2 + 32, DOWN_TAG };

/* A part of the data on a tree; `mirror`: the ranks are counted from the other end. */
typedef struct {
    unsigned char *data;
    int64_t n;
    bool mirror;
} branch;

static int place(const ts_comm *comm, const branch *b, int rank)
{
    return b->mirror ? comm->size - 1 - rank : rank;
}

/* What this rank does on the branch in round `bit`: it sends to, or receives from, the returned rank;
 * -1: nothing. */
static int peer_of(const ts_comm *comm, const branch *b, int bit, bool *sends)
{
    const int r = place(comm, b, comm->rank);
    *sends = (r & bit) != 0;
    if (r & (bit - 1) || (!*sends && r + bit >= comm->size))
        return -1;
    return place(comm, b, *sends ? r - bit : r + bit);
}

/* One round of both branches at the same time; on the way down what sends receives. */
static ts_status round_of(ts_comm *comm, branch *b, int branches, int bit, bool up, int64_t size,
                          int64_t *received, void *const *to)
{
    const branch *out = NULL, *in = NULL;
    int out_to = -1, in_from = -1, into = 0;
    for (int i = 0; i < branches; i++) {
        bool sends;
        const int peer = peer_of(comm, b + i, bit, &sends);
        if (peer < 0)
            continue;
        if (sends == up) {
            out = b + i;
            out_to = peer;
        } else {
            in = b + i;
            in_from = peer;
            into = i;
        }
    }
    *received = in ? into : -1;
    return ts_comm_sendrecv(comm, up ? UP_TAG : DOWN_TAG, out_to, out ? out->data : NULL,
                            out ? out->n * size : 0, in_from, in ? to[into] : NULL,
                            in ? in->n * size : 0);
}

static ts_status all_reduce(ts_comm *comm, branch *b, int branches, ts_dtype type, ts_reduce op)
{
    const int64_t size = (int64_t)ts_dtype_size(type);
    int64_t got;
    int top = 1;
    if (comm->ctx->status || comm->size == 1)
        return comm->ctx->status;
    void *came = ts_alloc((size_t)((b[0].n > 0 ? b[0].n : 1) * size));
    if (!came)
        return ts_fail(comm->ctx, TS_ERROR_MEMORY, "no memory for a tree's sums");
    for (; top < comm->size && !comm->ctx->status; top *= 2) {
        void *const to[2] = {came, came};
        if (!round_of(comm, b, branches, top, true, size, &got, to) && got >= 0)
            ts_reduce_into(comm->ctx, b[got].data, came, b[got].n, type, op);
    }
    ts_free(came);
    for (int bit = top / 2; bit > 0 && !comm->ctx->status; bit /= 2) {
        void *const to[2] = {b[0].data, branches > 1 ? b[1].data : NULL};
        round_of(comm, b, branches, bit, false, size, &got, to);
    }
    return comm->ctx->status;
}

ts_status ts_tree_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    branch whole = {data, n, false};
    return all_reduce(comm, &whole, 1, type, op);
}

ts_status ts_double_tree_all_reduce(ts_comm *comm, void *data, int64_t n, ts_dtype type,
                                    ts_reduce op)
{
    const int64_t first = n - n / 2;
    branch halves[2] = {{data, first, false},
                        {ts_place_of(data, first, type), n / 2, true}};
    if (comm->size % 2 && comm->size > 1) /* odd: a rank could send, or receive, on both in a round */
        return ts_tree_all_reduce(comm, data, n, type, op);
    return all_reduce(comm, halves, 2, type, op);
}

/* Ranks are counted from the root. */
ts_status ts_tree_broadcast(ts_comm *comm, void *data, int64_t bytes, int root)
{
    const int P = comm->size;
    if (!comm->ctx->status && (root < 0 || root >= P))
        return ts_fail(comm->ctx, TS_ERROR_USAGE, "broadcast from rank %d of %d", root, P);
    const int r = (comm->rank - root + P) % P;
    int top = 1;
    while (top < P)
        top *= 2;
    for (int bit = top / 2; bit > 0 && !comm->ctx->status; bit /= 2) {
        if (r & (bit - 1))
            continue;
        if (r & bit)
            ts_comm_recv(comm, (r - bit + root) % P, DOWN_TAG, data, bytes);
        else if (r + bit < P)
            ts_comm_send(comm, (r + bit + root) % P, DOWN_TAG, data, bytes);
    }
    return comm->ctx->status;
}
