/* comm.c: groups of ranks and messages in them, on top of an engine that moves bytes in the world.
 *
 * Here a message is checked, counted by the class of its link, written into the clock's log, and
 * its ranks are translated from the group to the world. Test: tests/comm/test_comm.c. */
#include "ref/comm/mpi.h"
#include "ref/comm/self.h"

#include <stdlib.h>
#include <string.h>

enum { BARRIER_TAG = TS_COMM_TAGS / 2, SPLIT_TAG, TOTAL_TAG, CONTEXTS = 1 << 15 };

static ts_status bad_peer(const ts_comm *comm, const char *what, int peer)
{
    return ts_fail(comm->ctx, TS_ERROR_USAGE, "%s rank %d of a group of %d, whose rank %d calls",
                   what, peer, comm->size, comm->rank);
}

static ts_status check(const ts_comm *comm, int tag, int64_t bytes)
{
    if (tag < 0 || tag >= TS_COMM_TAGS)
        return ts_fail(comm->ctx, TS_ERROR_USAGE, "message with tag %d: expected 0 to %d", tag,
                       TS_COMM_TAGS - 1);
    if (bytes < 0)
        return ts_fail(comm->ctx, TS_ERROR_USAGE, "message of %lld bytes", (long long)bytes);
    return TS_OK;
}

/* Counts what is sent and writes the action down. Before it happens: a rank that waits for a
 * message is seen to wait. */
static ts_status note(const ts_comm *comm, int tag, int to, int64_t bytes, int from)
{
    ts_self *self = comm->self;
    if (self->quiet)
        return TS_OK;
    if (to >= 0) {
        const ts_link_class class =
            ts_topology_class(&self->config->topology, self->rank, comm->member[to]);
        self->traffic.messages[class]++;
        self->traffic.bytes[class] += bytes;
    }
    return ts_clock_note(comm->ctx, &self->log,
                         (ts_action){.what = TS_DO_MESSAGE,
                                     .stream = self->log.stream,
                                     .to = to < 0 ? -1 : comm->member[to],
                                     .from = from < 0 ? -1 : comm->member[from],
                                     .context = comm->context,
                                     .tag = tag,
                                     .bytes = bytes});
}

static ts_parcel parcel(const ts_comm *comm, int tag, int peer, void *data, int64_t bytes)
{
    return (ts_parcel){comm->member[peer], comm->context, tag, data, bytes};
}

ts_status ts_comm_send(ts_comm *comm, int to, int tag, const void *data, int64_t bytes)
{
    if (comm->ctx->status || check(comm, tag, bytes))
        return comm->ctx->status;
    if (to < 0 || to >= comm->size || to == comm->rank)
        return bad_peer(comm, "a message to", to);
    if (note(comm, tag, to, bytes, -1))
        return comm->ctx->status;
    union {
        const void *read;
        void *any;
    } cast = {data};
    const ts_parcel out = parcel(comm, tag, to, cast.any, bytes);
    return comm->self->engine->sendrecv(comm->self, &out, NULL);
}

ts_status ts_comm_recv(ts_comm *comm, int from, int tag, void *data, int64_t bytes)
{
    if (comm->ctx->status || check(comm, tag, bytes))
        return comm->ctx->status;
    if (from < 0 || from >= comm->size || from == comm->rank)
        return bad_peer(comm, "a message from", from);
    if (note(comm, tag, -1, 0, from))
        return comm->ctx->status;
    const ts_parcel in = parcel(comm, tag, from, data, bytes);
    return comm->self->engine->sendrecv(comm->self, NULL, &in);
}

ts_status ts_comm_sendrecv(ts_comm *comm, int tag, int to, const void *out, int64_t out_bytes,
                           int from, void *in, int64_t in_bytes)
{
    const bool sends = out_bytes > 0, receives = in_bytes > 0;
    if (comm->ctx->status || check(comm, tag, out_bytes) || check(comm, tag, in_bytes))
        return comm->ctx->status;
    if (sends && (to < 0 || to >= comm->size))
        return bad_peer(comm, "a message to", to);
    if (receives && (from < 0 || from >= comm->size))
        return bad_peer(comm, "a message from", from);
    const bool own = sends && to == comm->rank, mine = receives && from == comm->rank;
    if (own != mine || (own && out_bytes != in_bytes))
        return ts_fail(comm->ctx, TS_ERROR_USAGE, "rank %d sends itself %lld bytes and takes %lld",
                       comm->rank, (long long)(own ? out_bytes : 0),
                       (long long)(mine ? in_bytes : 0));
    if (own) {
        memmove(in, out, (size_t)in_bytes);
        return TS_OK;
    }
    if ((!sends && !receives) ||
        note(comm, tag, sends ? to : -1, sends ? out_bytes : 0, receives ? from : -1))
        return comm->ctx->status;
    union {
        const void *read;
        void *any;
    } cast = {out};
    ts_parcel leaving = {0}, coming = {0};
    if (sends)
        leaving = parcel(comm, tag, to, cast.any, out_bytes);
    if (receives)
        coming = parcel(comm, tag, from, in, in_bytes);
    return comm->self->engine->sendrecv(comm->self, sends ? &leaving : NULL,
                                        receives ? &coming : NULL);
}

/* Dissemination: in round s everybody tells the rank 2^s further on; after the last everybody has
 * heard, at second hand, from all. Cost: ceil(log2 n) * alpha. */
ts_status ts_comm_barrier(ts_comm *comm)
{
    for (int reach = 1; reach < comm->size && !comm->ctx->status; reach *= 2) {
        const int to = (comm->rank + reach) % comm->size;
        const int from = (comm->rank - reach + comm->size) % comm->size;
        ts_comm_send(comm, to, BARRIER_TAG, NULL, 0);
        ts_comm_recv(comm, from, BARRIER_TAG, NULL, 0);
    }
    return comm->ctx->status;
}

void ts_comm_quiet(ts_comm *comm)
{
    comm->self->quiet++;
}

void ts_comm_loud(ts_comm *comm)
{
    comm->self->quiet--;
}

typedef struct {
    int color, key, next_context, rank;
} wish;

static int by_color_key_rank(const void *a, const void *b)
{
    const wish *x = a, *y = b;
    if (x->color != y->color)
        return x->color < y->color ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Rank 0 hears everybody's block of `each` bytes and tells all of them. */
static ts_status exchange_all(ts_comm *comm, int tag, void *all, int64_t each)
{
    unsigned char *blocks = all;
    ts_comm_quiet(comm);
    if (comm->rank > 0) {
        ts_comm_send(comm, 0, tag, blocks + comm->rank * each, each);
        ts_comm_recv(comm, 0, tag, blocks, each * comm->size);
    } else {
        for (int r = 1; r < comm->size; r++)
            ts_comm_recv(comm, r, tag, blocks + r * each, each);
        for (int r = 1; r < comm->size; r++)
            ts_comm_send(comm, r, tag, blocks, each * comm->size);
    }
    ts_comm_loud(comm);
    return comm->ctx->status;
}

/* The members with one's own colour, of the sorted wishes. */
static ts_status take_members(const ts_comm *comm, ts_comm *out, const wish *all, int color)
{
    out->member = ts_alloc(sizeof(int) * (size_t)comm->size);
    if (!out->member)
        return ts_fail(comm->ctx, TS_ERROR_MEMORY, "no memory for a group of ranks");
    for (int i = 0; i < comm->size; i++) {
        if (all[i].color != color)
            continue;
        if (all[i].rank == comm->rank)
            out->rank = out->size;
        out->member[out->size++] = comm->member[all[i].rank];
    }
    return TS_OK;
}

ts_status ts_comm_split(ts_comm *comm, ts_comm *out, int color, int key)
{
    *out = (ts_comm){.ctx = comm->ctx, .rank = -1, .self = comm->self};
    if (comm->ctx->status)
        return comm->ctx->status;
    wish all[TS_MAX_RANKS];
    int next = 0;
    all[comm->rank] = (wish){color, key, comm->self->next_context, comm->rank};
    if (exchange_all(comm, SPLIT_TAG, all, (int64_t)sizeof *all))
        return comm->ctx->status;
    for (int i = 0; i < comm->size; i++)
        next = all[i].next_context > next ? all[i].next_context : next;
    if (next >= CONTEXTS)
        return ts_fail(comm->ctx, TS_ERROR_UNSUPPORTED, "more than %d groups in one run", CONTEXTS);
    comm->self->next_context = next + 1;
    out->context = next;
    if (color < 0)
        return TS_OK;
    qsort(all, (size_t)comm->size, sizeof *all, by_color_key_rank);
    return take_members(comm, out, all, color);
}

ts_status ts_comm_node(ts_comm *comm, ts_comm *out)
{
    return ts_comm_split(comm, out, ts_topology_host(ts_comm_topology(comm), comm->self->rank), 0);
}

ts_status ts_comm_across(ts_comm *comm, ts_comm *out)
{
    const ts_topology *t = ts_comm_topology(comm);
    return ts_comm_split(comm, out, ts_topology_local(t, comm->self->rank, NULL),
                         ts_topology_host(t, comm->self->rank));
}

void ts_comm_free(ts_comm *group)
{
    ts_free(group->member);
    group->member = NULL;
    group->size = 0;
}

ts_status ts_comm_open_world(ts_comm *world, ts_self *self)
{
    const int n = self->config->topology.ranks;
    *world = (ts_comm){.ctx = self->ctx, .rank = self->rank, .size = n, .self = self};
    self->next_context = 1;
    self->log.on = self->config->clock;
    world->member = ts_alloc(sizeof(int) * (size_t)n);
    if (!world->member)
        return ts_fail(self->ctx, TS_ERROR_MEMORY, "no memory for a group of %d ranks", n);
    for (int r = 0; r < n; r++)
        world->member[r] = r;
    if (self->config->clock && self->rank == 0)
        self->clock = ts_clock_open(self->ctx, &self->config->topology);
    return self->ctx->status;
}

void ts_comm_close_world(ts_comm *world)
{
    ts_free(world->self->log.at);
    ts_clock_close(world->self->clock);
    ts_comm_free(world);
}

const ts_topology *ts_comm_topology(const ts_comm *comm)
{
    return &comm->self->config->topology;
}

const void *ts_comm_setting(const ts_comm *comm)
{
    return comm->self->config->setting;
}

int ts_comm_world_rank(const ts_comm *comm, int rank)
{
    return comm->member[rank];
}

bool ts_comm_uses_library(const ts_comm *comm)
{
    return comm->self->config->library && comm->self->engine->all_reduce;
}

ts_traffic ts_comm_traffic(const ts_comm *comm)
{
    return comm->self->traffic;
}

ts_status ts_comm_traffic_all(ts_comm *world, ts_traffic *out)
{
    ts_traffic all[TS_MAX_RANKS];
    *out = (ts_traffic){{0}, {0}};
    all[world->rank] = world->self->traffic;
    if (world->ctx->status || exchange_all(world, TOTAL_TAG, all, (int64_t)sizeof *all))
        return world->ctx->status;
    for (int r = 0; r < world->size; r++)
        for (int c = 0; c < TS_LINK_CLASSES; c++) {
            out->messages[c] += all[r].messages[c];
            out->bytes[c] += all[r].bytes[c];
        }
    return TS_OK;
}

ts_status ts_comm_run(ts_ctx *ctx, const ts_comm_config *config, ts_comm_body *body, void *arg)
{
    ts_comm_config c = *config;
    if (ctx->status || ts_topology_check(ctx, &c.topology))
        return ctx->status;
    if (!(c.time_limit >= 0 && c.time_limit <= 1e6))
        return ts_fail(ctx, TS_ERROR_USAGE, "a time limit of %g s: expected 0 to 1e6", c.time_limit);
    if (c.time_limit <= 0)
        c.time_limit = 300;
    if (c.engine == TS_ENGINE_AUTO)
        c.engine = ts_mpi_size() > 0 ? TS_ENGINE_MPI : TS_ENGINE_THREADS;
    return c.engine == TS_ENGINE_MPI ? ts_comm_run_mpi(ctx, &c, body, arg)
                                     : ts_comm_run_threads(ctx, &c, body, arg);
}
