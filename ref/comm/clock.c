/* clock.c: the virtual clock: a discrete-event replay of what the ranks wrote down.
 *
 * Events happen in the order of virtual time, ties by the lower rank, then by the order in which they
 * were made; an event makes others only at its own time or later. There are two kinds:
 *
 *   a stream begins its next action     computing: it begins the next one so much later.
 *                                       a message: it queues at the port; what is awaited may have
 *                                       come, or the stream sleeps until it comes.
 *   a message's first byte arrives      it queues at the receiver's port; once through, it wakes
 *                                       the stream that awaits it, or waits for one that will.
 *
 * So a port serves messages in the order in which they come to it in virtual time, and the answer
 * depends on the logs alone. Cost: O(E log E) for E events, two for each message.
 * Test: tests/comm/test_clock.c */
#include "ref/comm/clock.h"

#include "ref/comm/self.h"

#include <string.h>

enum { CLOCK_TAG = TS_COMM_TAGS / 2 + 8 };

typedef struct {
    double time;
    int64_t number; /* of the event: the last of ties */
    int32_t rank;   /* whose: the first of ties */
    int32_t stream; /* that begins an action; -1: a message arrives */
    int64_t mail;   /* which */
} event;

/* A message under way, arrived, or awaited: of rank `from` to `to`. */
typedef struct {
    int64_t next;  /* in the list of its receiver's; -1: the last */
    int32_t from, to, context, tag, stream; /* stream: that awaits it */
    int64_t bytes;
    double time; /* when it arrived, or when the stream began to wait */
} mail;

typedef struct {
    int64_t at;  /* in the rank's log; its end: done */
    double free; /* when the last action ended */
    double left; /* when the message that this action sent had left: it ends no earlier */
} stream;

typedef struct {
    stream stream[TS_STREAMS];
    int64_t arrived, awaited; /* lists of mail; -1: empty */
    double out, in;           /* when the rank's ports are free again */
    uint8_t sleepers[TS_STREAMS]; /* sleepers[s], bit t: stream t waits until stream s has come so far */
    int64_t until[TS_STREAMS];    /* a sleeping stream's: the place in the log that s must reach */
} rank_state;

struct ts_clock {
    ts_topology topology;
    double now;
    rank_state *rank;
    double *nic_out, *nic_in; /* of hosts: when they are free again */
    event *heap;
    mail *mail;
    int64_t events, event_room, mails, mail_room, numbers, unused; /* unused: a list of mail */
    const ts_clock_log *logs;
};

ts_status ts_clock_note(ts_ctx *ctx, ts_clock_log *log, ts_action action)
{
    if (!log->on)
        return TS_OK;
    if (log->count == log->room) {
        const int64_t room = log->room ? 2 * log->room : 256;
        ts_action *at = ts_realloc(log->at, (size_t)room * sizeof *at);
        if (!at)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the virtual clock's log");
        log->at = at;
        log->room = room;
    }
    log->at[log->count++] = action;
    return TS_OK;
}

ts_clock *ts_clock_open(ts_ctx *ctx, const ts_topology *topology)
{
    const size_t hosts = topology->hosts > 0 ? (size_t)topology->hosts : 1;
    ts_clock *c = ts_alloc_zero(1, sizeof *c);
    if (c) {
        c->topology = *topology;
        c->unused = -1;
        c->rank = ts_alloc_zero((size_t)topology->ranks, sizeof *c->rank);
        c->nic_out = ts_alloc_zero(hosts, sizeof *c->nic_out);
        c->nic_in = ts_alloc_zero(hosts, sizeof *c->nic_in);
    }
    if (c && c->rank && c->nic_out && c->nic_in) {
        for (int r = 0; r < topology->ranks; r++)
            c->rank[r].arrived = c->rank[r].awaited = -1;
        return c;
    }
    ts_clock_close(c);
    ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the virtual clock of %d ranks", topology->ranks);
    return NULL;
}

void ts_clock_close(ts_clock *c)
{
    if (!c)
        return;
    ts_free(c->rank);
    ts_free(c->nic_out);
    ts_free(c->nic_in);
    ts_free(c->heap);
    ts_free(c->mail);
    ts_free(c);
}

static bool earlier(const event *a, const event *b)
{
    if (a->time < b->time || a->time > b->time)
        return a->time < b->time;
    return a->rank != b->rank ? a->rank < b->rank : a->number < b->number;
}

static void swap(event *a, event *b)
{
    const event c = *a;
    *a = *b;
    *b = c;
}

static ts_status push(ts_ctx *ctx, ts_clock *c, event e)
{
    if (c->events == c->event_room) {
        const int64_t room = c->event_room ? 2 * c->event_room : 256;
        event *heap = ts_realloc(c->heap, (size_t)room * sizeof *heap);
        if (!heap)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the virtual clock's events");
        c->heap = heap;
        c->event_room = room;
    }
    e.number = c->numbers++;
    int64_t i = c->events++;
    for (c->heap[i] = e; i > 0 && earlier(c->heap + i, c->heap + (i - 1) / 2); i = (i - 1) / 2)
        swap(c->heap + i, c->heap + (i - 1) / 2);
    return TS_OK;
}

static event pop(ts_clock *c)
{
    const event first = c->heap[0];
    c->heap[0] = c->heap[--c->events];
    for (int64_t i = 0, least;; i = least) {
        least = i;
        for (int64_t child = 2 * i + 1; child <= 2 * i + 2 && child < c->events; child++)
            if (earlier(c->heap + child, c->heap + least))
                least = child;
        if (least == i)
            return first;
        swap(c->heap + i, c->heap + least);
    }
}

/* The place of a new piece of mail, or -1. */
static int64_t new_mail(ts_ctx *ctx, ts_clock *c, mail m)
{
    int64_t i = c->unused;
    if (i >= 0) {
        c->unused = c->mail[i].next;
    } else {
        if (c->mails == c->mail_room) {
            const int64_t room = c->mail_room ? 2 * c->mail_room : 256;
            mail *all = ts_realloc(c->mail, (size_t)room * sizeof *all);
            if (!all) {
                ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the virtual clock's messages");
                return -1;
            }
            c->mail = all;
            c->mail_room = room;
        }
        i = c->mails++;
    }
    c->mail[i] = m;
    c->mail[i].next = -1;
    return i;
}

static void append(ts_clock *c, int64_t *list, int64_t i)
{
    while (*list >= 0)
        list = &c->mail[*list].next;
    *list = i;
}

/* Takes the first piece with that sender, group and tag out of a list; -1: there is none. */
static int64_t match(ts_clock *c, int64_t *list, int32_t from, int32_t context, int32_t tag)
{
    for (; *list >= 0; list = &c->mail[*list].next) {
        const int64_t i = *list;
        const mail *m = c->mail + i;
        if (m->from == from && m->context == context && m->tag == tag) {
            *list = m->next;
            return i;
        }
    }
    return -1;
}

static void forget(ts_clock *c, int64_t i)
{
    c->mail[i].next = c->unused;
    c->unused = i;
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* Queues b bytes at a port that is free from *port on; when it lets the first byte through. */
static double queue(double *port, double time, double seconds)
{
    const double begin = later(*port, time);
    *port = begin + seconds;
    return begin;
}

/* The next action of that stream from `at` on. */
static int64_t next_of(const ts_clock_log *log, int s, int64_t at)
{
    while (at < log->count && log->at[at].stream != s)
        at++;
    return at;
}

/* The stream has ended its action at that time and begins the next one; sleepers wake. */
static ts_status ended(ts_ctx *ctx, ts_clock *c, int rank, int s, double time)
{
    rank_state *r = c->rank + rank;
    const ts_clock_log *log = c->logs + rank;
    stream *st = r->stream + s;
    st->free = time;
    st->at = next_of(log, s, st->at + 1);
    if (st->at < log->count)
        push(ctx, c, (event){.time = time, .rank = rank, .stream = s});
    for (int t = 0; t < TS_STREAMS; t++)
        if (r->sleepers[s] >> t & 1 && st->at >= r->until[t]) {
            r->sleepers[s] &= (uint8_t)~(1u << t);
            ended(ctx, c, rank, t, later(time, r->stream[t].free));
        }
    return ctx->status;
}

/* A message leaves: its first byte arrives alpha after it has left the port. */
static ts_status send(ts_ctx *ctx, ts_clock *c, int rank, const ts_action *a, double time, double *left)
{
    const ts_topology *t = &c->topology;
    const ts_link_class class = ts_topology_class(t, rank, a->to);
    const double seconds = (double)a->bytes * t->link[class].beta;
    double *port = class == TS_INTER ? c->nic_out + ts_topology_host(t, rank) : &c->rank[rank].out;
    const double begin = queue(port, time, seconds);
    *left = begin + seconds;
    const int64_t m = new_mail(ctx, c, (mail){.from = rank, .to = a->to, .context = a->context,
                                              .tag = a->tag, .bytes = a->bytes});
    if (m < 0)
        return ctx->status;
    return push(ctx, c, (event){.time = begin + t->link[class].alpha, .rank = a->to, .stream = -1,
                                .mail = m});
}

static ts_status arrive(ts_ctx *ctx, ts_clock *c, int64_t i, double time)
{
    mail *m = c->mail + i;
    const ts_topology *t = &c->topology;
    const ts_link_class class = ts_topology_class(t, m->from, m->to);
    const double seconds = (double)m->bytes * t->link[class].beta;
    rank_state *r = c->rank + m->to;
    double *port = class == TS_INTER ? c->nic_in + ts_topology_host(t, m->to) : &r->in;
    m->time = queue(port, time, seconds) + seconds;
    const int64_t wish = match(c, &r->awaited, m->from, m->context, m->tag);
    if (wish < 0) {
        append(c, &r->arrived, i);
        return TS_OK;
    }
    const int to = m->to, s = c->mail[wish].stream;
    const double end = later(m->time, later(c->mail[wish].time, r->stream[s].left));
    forget(c, i);
    forget(c, wish);
    return ended(ctx, c, to, s, end);
}

static ts_status exchange(ts_ctx *ctx, ts_clock *c, int rank, int s, const ts_action *a, double time)
{
    rank_state *r = c->rank + rank;
    r->stream[s].left = time;
    if (a->to >= 0 && send(ctx, c, rank, a, time, &r->stream[s].left))
        return ctx->status;
    if (a->from < 0)
        return ended(ctx, c, rank, s, r->stream[s].left);
    const int64_t came = match(c, &r->arrived, a->from, a->context, a->tag);
    if (came >= 0) {
        const double end = later(c->mail[came].time, r->stream[s].left);
        forget(c, came);
        return ended(ctx, c, rank, s, end);
    }
    const int64_t wish = new_mail(ctx, c, (mail){.from = a->from, .to = rank, .stream = s, .time = time,
                                                 .context = a->context, .tag = a->tag});
    if (wish >= 0)
        append(c, &r->awaited, wish);
    return ctx->status;
}

static ts_status begin(ts_ctx *ctx, ts_clock *c, int rank, int s, double time)
{
    rank_state *r = c->rank + rank;
    const ts_clock_log *log = c->logs + rank;
    const int64_t at = r->stream[s].at;
    const ts_action *a = log->at + at;
    if (a->what == TS_DO_COMPUTE)
        return ended(ctx, c, rank, s, time + a->seconds);
    if (a->what == TS_DO_MESSAGE)
        return exchange(ctx, c, rank, s, a, time);
    if (r->stream[a->tag].at >= at) /* everything that was given before this has ended there */
        return ended(ctx, c, rank, s, later(time, r->stream[a->tag].free));
    r->sleepers[a->tag] |= (uint8_t)(1u << s);
    r->until[s] = at;
    return TS_OK;
}

static ts_status unfinished(ts_ctx *ctx, const ts_clock *c)
{
    for (int rank = 0; rank < c->topology.ranks; rank++)
        for (int s = 0; s < TS_STREAMS; s++) {
            const int64_t at = c->rank[rank].stream[s].at;
            if (at < c->logs[rank].count)
                return ts_fail(ctx, TS_ERROR_USAGE,
                               "virtual clock: rank %d waits for a message of rank %d that was never "
                               "sent", rank, c->logs[rank].at[at].from);
        }
    return TS_OK;
}

ts_status ts_clock_replay(ts_ctx *ctx, ts_clock *c, const ts_clock_log *logs, ts_virtual_time *time)
{
    c->logs = logs;
    c->events = 0;
    for (int rank = 0; rank < c->topology.ranks; rank++) {
        rank_state *r = c->rank + rank;
        memset(r->sleepers, 0, sizeof r->sleepers);
        for (int s = 0; s < TS_STREAMS; s++) {
            r->stream[s] = (stream){.at = next_of(logs + rank, s, 0), .free = c->now};
            if (r->stream[s].at < logs[rank].count)
                push(ctx, c, (event){.time = c->now, .rank = rank, .stream = s});
        }
    }
    while (c->events > 0 && !ctx->status) {
        const event e = pop(c);
        if (e.stream < 0)
            arrive(ctx, c, e.mail, e.time);
        else
            begin(ctx, c, e.rank, e.stream, e.time);
    }
    if (ctx->status || unfinished(ctx, c))
        return ctx->status;
    const double before = c->now;
    for (int rank = 0; rank < c->topology.ranks; rank++) {
        time[rank].own = before;
        for (int s = 0; s < TS_STREAMS; s++)
            time[rank].own = later(time[rank].own, c->rank[rank].stream[s].free);
        c->now = later(c->now, time[rank].own);
    }
    for (int rank = 0; rank < c->topology.ranks; rank++)
        time[rank].last = c->now;
    return TS_OK;
}

/* What a rank says to the clock. */

void ts_comm_compute(ts_comm *comm, double seconds)
{
    if (!comm->ctx->status && !comm->self->quiet)
        ts_clock_note(comm->ctx, &comm->self->log,
                      (ts_action){.what = TS_DO_COMPUTE, .stream = comm->self->log.stream,
                                  .seconds = seconds});
}

int ts_comm_stream(ts_comm *comm, int s)
{
    const int before = comm->self->log.stream;
    if (s < 0 || s >= TS_STREAMS)
        ts_fail(comm->ctx, TS_ERROR_USAGE, "stream %d: expected 0 to %d", s, TS_STREAMS - 1);
    else
        comm->self->log.stream = s;
    return before;
}

void ts_comm_after(ts_comm *comm, int s)
{
    if (s < 0 || s >= TS_STREAMS)
        ts_fail(comm->ctx, TS_ERROR_USAGE, "stream %d: expected 0 to %d", s, TS_STREAMS - 1);
    else if (!comm->ctx->status && !comm->self->quiet && s != comm->self->log.stream)
        ts_clock_note(comm->ctx, &comm->self->log,
                      (ts_action){.what = TS_DO_AFTER, .stream = comm->self->log.stream, .tag = s});
}

/* Rank 0 hears everybody's log. */
static ts_status hear(ts_comm *world, ts_clock_log *logs)
{
    const size_t each = sizeof(ts_action);
    logs[0] = world->self->log;
    for (int r = 1; r < world->size && !world->ctx->status; r++) {
        if (ts_comm_recv(world, r, CLOCK_TAG, &logs[r].count, (int64_t)sizeof logs[r].count))
            break;
        logs[r].at = ts_alloc(each * (size_t)(logs[r].count ? logs[r].count : 1));
        if (!logs[r].at)
            ts_fail(world->ctx, TS_ERROR_MEMORY, "no memory for the virtual clock's logs");
        else
            ts_comm_recv(world, r, CLOCK_TAG, logs[r].at, logs[r].count * (int64_t)each);
    }
    return world->ctx->status;
}

static ts_status tell(ts_comm *world)
{
    const ts_clock_log *log = &world->self->log;
    ts_comm_send(world, 0, CLOCK_TAG, &log->count, (int64_t)sizeof log->count);
    return ts_comm_send(world, 0, CLOCK_TAG, log->at, log->count * (int64_t)sizeof *log->at);
}

ts_status ts_comm_time(ts_comm *world, ts_virtual_time *time)
{
    ts_self *self = world->self;
    *time = (ts_virtual_time){0, 0};
    if (world->ctx->status || !self->config->clock)
        return world->ctx->status;
    ts_comm_quiet(world);
    if (world->rank > 0) {
        tell(world);
        ts_comm_recv(world, 0, CLOCK_TAG, time, (int64_t)sizeof *time);
    } else {
        ts_clock_log *logs = ts_alloc_zero((size_t)world->size, sizeof *logs);
        ts_virtual_time *all = ts_alloc_zero((size_t)world->size, sizeof *all);
        if (!logs || !all)
            ts_fail(world->ctx, TS_ERROR_MEMORY, "no memory for the virtual clock's logs");
        else if (!hear(world, logs) && !ts_clock_replay(world->ctx, self->clock, logs, all))
            *time = all[0];
        for (int r = 1; r < world->size; r++) {
            if (all && !world->ctx->status)
                ts_comm_send(world, r, CLOCK_TAG, all + r, (int64_t)sizeof *all);
            if (logs)
                ts_free(logs[r].at);
        }
        ts_free(logs);
        ts_free(all);
    }
    ts_comm_loud(world);
    self->log.count = 0;
    return world->ctx->status;
}
