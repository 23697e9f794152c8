/* threads.c: ranks as threads of this process.
 *
 * Every rank has a box for the messages that come to it. A short message is copied into the box and
 * its sender goes on; a long one stays where it is until the receiver copies it, and its sender
 * waits for that. One lock guards all boxes: copying happens outside of it.
 *
 * Who waits can be ended by three things: what it waits for, another rank's failure, or the time
 * limit. When all ranks wait or have ended, nobody will ever go on: the last one to stop sees it and
 * says who waits for whom.
 * Test: tests/comm/test_threads.c */
#include "ref/comm/self.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SHORT = 1 << 16 };

typedef enum { POSTED, TAKING, TAKEN } letter_state;

typedef struct letter {
    struct letter *next;
    ts_parcel parcel;  /* peer: the sender */
    letter_state state;
    bool copied; /* data is the box's own */
} letter;

typedef struct {
    letter *first, **last;
    pthread_cond_t news; /* for the rank: something that it waits for may have come */
    bool waits, ended, victim;
    int waits_for, context, tag; /* while it waits; the rank that is to send or to receive */
    bool to_send;
} box;

typedef struct {
    pthread_mutex_t lock;
    box *box;
    int ranks, idle; /* idle: that wait or have ended */
    bool failed;
} hall;

typedef struct {
    ts_ctx ctx;
    ts_self self;
    ts_comm_body *body;
    void *arg;
    pthread_t thread;
    bool started;
} rank_thread;

/* The first letter of that sender, group and tag in the box. */
static letter **find(box *b, const ts_parcel *p)
{
    letter **l = &b->first;
    while (*l && !((*l)->state == POSTED && (*l)->parcel.peer == p->peer &&
                   (*l)->parcel.context == p->context && (*l)->parcel.tag == p->tag))
        l = &(*l)->next;
    return *l ? l : NULL;
}

static void take_out(box *b, letter **at)
{
    letter *l = *at;
    *at = l->next;
    if (b->last == &l->next)
        b->last = at;
}

static void wake(hall *h, int rank)
{
    box *b = h->box + rank;
    if (b->waits) {
        b->waits = false;
        h->idle--;
    }
    pthread_cond_signal(&b->news);
}

static void fail_all(hall *h)
{
    h->failed = true;
    for (int r = 0; r < h->ranks; r++)
        wake(h, r);
}

/* "rank 0 waits for rank 1, rank 1 for rank 0": everybody who waits, as far as there is room. */
static void describe(const hall *h, char *text, size_t room)
{
    size_t used = 0;
    text[0] = 0;
    for (int r = 0; r < h->ranks && used + 80 < room; r++)
        if (h->box[r].waits)
            used += (size_t)snprintf(text + used, room - used, "%srank %d waits for rank %d to %s",
                                     used ? ", " : "", r, h->box[r].waits_for,
                                     h->box[r].to_send ? "send" : "receive");
}

static ts_status wait_failed(ts_self *self, hall *h, int peer, bool timed_out)
{
    char text[512];
    box *mine = h->box + self->rank;
    if (h->failed) {
        mine->victim = true;
        wake(h, self->rank);
        return ts_fail(self->ctx, TS_ERROR_INTERRUPTED, "another rank failed");
    }
    if (timed_out) {
        for (int i = 0; i < h->ranks && h->box[peer].waits; i++) /* who is missing, of all it is? */
            peer = h->box[peer].waits_for;
        ts_fail(self->ctx, TS_ERROR_IO, "rank %d did not come to %s within %g s (group %d, tag %d)",
                peer, mine->to_send ? "send" : "receive", self->config->time_limit, mine->context,
                mine->tag);
    } else {
        describe(h, text, sizeof text);
        ts_fail(self->ctx, TS_ERROR_USAGE, "nobody can go on: %s", text);
    }
    fail_all(h);
    return self->ctx->status;
}

/* Waits, the lock held, until something may have come; `deadline` is absolute. */
static ts_status wait_news(ts_self *self, hall *h, const ts_parcel *p, bool to_send,
                           const struct timespec *deadline)
{
    box *mine = h->box + self->rank;
    mine->waits_for = p->peer;
    mine->context = p->context;
    mine->tag = p->tag;
    mine->to_send = to_send;
    mine->waits = true;
    if (++h->idle == h->ranks || h->failed)
        return wait_failed(self, h, p->peer, false);
    int error = 0;
    while (mine->waits && !h->failed && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&mine->news, &h->lock, deadline);
    if (h->failed || (mine->waits && error == ETIMEDOUT))
        return wait_failed(self, h, p->peer, true);
    return TS_OK;
}

/* The conditions count on the clock that nobody sets. */
static void open_condition(pthread_cond_t *c)
{
    pthread_condattr_t how;
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(c, &how);
    pthread_condattr_destroy(&how);
}

static struct timespec deadline_of(const ts_self *self)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)self->config->time_limit;
    t.tv_nsec += (long)((self->config->time_limit - (double)(time_t)self->config->time_limit) * 1e9);
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return t;
}

/* Puts a letter into the receiver's box; a short one is the box's own copy. */
static ts_status post(ts_self *self, hall *h, letter **posted, letter *own, const ts_parcel *p)
{
    letter *l = own;
    if (p->bytes <= SHORT) {
        l = ts_alloc(sizeof *l + (size_t)p->bytes);
        if (!l)
            return ts_fail(self->ctx, TS_ERROR_MEMORY, "no memory for a message of %lld bytes",
                           (long long)p->bytes);
    }
    *l = (letter){.parcel = *p, .copied = p->bytes <= SHORT};
    l->parcel.peer = self->rank;
    if (l->copied && p->bytes > 0)
        l->parcel.data = memcpy(l + 1, p->data, (size_t)p->bytes);
    *posted = l->copied ? NULL : l;
    pthread_mutex_lock(&h->lock);
    box *b = h->box + p->peer;
    *b->last = l;
    b->last = &l->next;
    if (b->waits && b->to_send && b->waits_for == self->rank)
        wake(h, p->peer);
    pthread_mutex_unlock(&h->lock);
    return TS_OK;
}

/* Takes what comes, the lock held at both ends, not while it copies. */
static ts_status take(ts_self *self, hall *h, const ts_parcel *p, const struct timespec *deadline)
{
    box *mine = h->box + self->rank;
    letter **at;
    while (!(at = find(mine, p)))
        if (wait_news(self, h, p, true, deadline))
            return self->ctx->status;
    letter *l = *at;
    const ts_parcel got = l->parcel;
    const bool copied = l->copied;
    take_out(mine, at);
    l->state = TAKING;
    pthread_mutex_unlock(&h->lock);
    if (got.bytes != p->bytes)
        ts_fail(self->ctx, TS_ERROR_USAGE,
                "rank %d sent %lld bytes (group %d, tag %d), rank %d asked for %lld", p->peer,
                (long long)got.bytes, p->context, p->tag, self->rank, (long long)p->bytes);
    else if (got.bytes > 0)
        memcpy(p->data, got.data, (size_t)got.bytes);
    if (copied)
        ts_free(l);
    pthread_mutex_lock(&h->lock);
    if (!copied) {
        l->state = TAKEN;
        wake(h, got.peer);
    }
    return self->ctx->status;
}

/* Waits until a long letter has been taken; after a failure it is taken back. */
static ts_status until_taken(ts_self *self, hall *h, letter *l, const ts_parcel *p,
                             const struct timespec *deadline)
{
    while (l->state != TAKEN && !self->ctx->status)
        wait_news(self, h, p, false, deadline);
    while (l->state == TAKING) /* its bytes are being read: they must stay */
        pthread_cond_wait(&h->box[self->rank].news, &h->lock);
    if (l->state == POSTED)
        for (letter **at = &h->box[p->peer].first; *at; at = &(*at)->next)
            if (*at == l) {
                take_out(h->box + p->peer, at);
                break;
            }
    return self->ctx->status;
}

static ts_status sendrecv(ts_self *self, const ts_parcel *out, const ts_parcel *in)
{
    hall *h = self->world;
    letter own, *posted = NULL;
    const struct timespec deadline = deadline_of(self);
    if (out && post(self, h, &posted, &own, out))
        return self->ctx->status;
    if (!in && !posted)
        return TS_OK;
    pthread_mutex_lock(&h->lock);
    if (in)
        take(self, h, in, &deadline);
    if (posted)
        until_taken(self, h, posted, out, &deadline);
    pthread_mutex_unlock(&h->lock);
    return self->ctx->status;
}

static const ts_comm_engine engine = {"threads", sendrecv, NULL};

/* The end of a rank: nobody will hear from it any more. */
static void end(rank_thread *t)
{
    hall *h = t->self.world;
    pthread_mutex_lock(&h->lock);
    h->box[t->self.rank].ended = true;
    h->idle++;
    if (t->ctx.status) {
        fail_all(h);
    } else if (h->idle == h->ranks && !h->failed) {
        for (int r = 0; r < h->ranks; r++) /* whoever waits finds out and says so */
            if (h->box[r].waits) {
                wake(h, r);
                break;
            }
    }
    pthread_mutex_unlock(&h->lock);
}

static void *run_rank(void *arg)
{
    rank_thread *t = arg;
    ts_comm world;
    if (!ts_comm_open_world(&world, &t->self))
        t->body(&world, t->arg);
    end(t);
    ts_comm_close_world(&world);
    return NULL;
}

static void open_rank(rank_thread *t, const ts_ctx *ctx, const ts_comm_config *config, int rank,
                      hall *h)
{
    ts_ctx_open(&t->ctx, ctx->table, ctx->compute, config->threads > 0 ? config->threads : 1);
    t->ctx.round = ctx->round;
    t->ctx.sinusoid_f32 = ctx->sinusoid_f32;
    t->ctx.progress.stop = ctx->progress.stop;
    if (rank == 0)
        t->ctx.progress = ctx->progress;
    t->self = (ts_self){.ctx = &t->ctx, .rank = rank, .config = config, .engine = &engine, .world = h};
}

/* The first failure of the lowest rank that failed by itself. */
static void report(ts_ctx *ctx, const rank_thread *t, const hall *h)
{
    for (int victims = 0; victims < 2 && !ctx->status; victims++)
        for (int r = 0; r < h->ranks && !ctx->status; r++)
            if (t[r].ctx.status && (victims || !h->box[r].victim))
                ts_fail(ctx, t[r].ctx.status, "rank %d of %d: %.900s", r, h->ranks,
                        t[r].ctx.message);
}

static ts_status start(ts_ctx *ctx, rank_thread *t, hall *h)
{
    for (int r = 0; r < h->ranks; r++) {
        const int error = pthread_create(&t[r].thread, NULL, run_rank, t + r);
        if (!error) {
            t[r].started = true;
            continue;
        }
        pthread_mutex_lock(&h->lock);
        fail_all(h);
        pthread_mutex_unlock(&h->lock);
        return ts_fail(ctx, TS_ERROR_MEMORY, "rank %d of %d cannot be started: %s", r, h->ranks,
                       strerror(error));
    }
    return TS_OK;
}

static void empty_boxes(hall *h)
{
    for (int r = 0; r < h->ranks; r++) {
        for (letter *l = h->box[r].first, *next; l; l = next) {
            next = l->next;
            if (l->copied)
                ts_free(l);
        }
        pthread_cond_destroy(&h->box[r].news);
    }
}

ts_status ts_comm_run_threads(ts_ctx *ctx, const ts_comm_config *config, ts_comm_body *body,
                              void *arg)
{
    const int n = config->topology.ranks;
    rank_thread *t = ts_alloc_zero((size_t)n, sizeof *t);
    box *boxes = ts_alloc_zero((size_t)n, sizeof *boxes);
    hall h = {.box = boxes, .ranks = n};
    if (t && boxes) {
        pthread_mutex_init(&h.lock, NULL);
        for (int r = 0; r < n; r++) {
            boxes[r].last = &boxes[r].first;
            open_condition(&boxes[r].news);
            open_rank(t + r, ctx, config, r, &h);
            t[r].body = body;
            t[r].arg = arg;
        }
        start(ctx, t, &h);
        for (int r = 0; r < n; r++)
            if (t[r].started)
                pthread_join(t[r].thread, NULL);
        report(ctx, t, &h);
        for (int r = 0; r < n; r++)
            ts_ctx_close(&t[r].ctx);
        empty_boxes(&h);
        pthread_mutex_destroy(&h.lock);
    } else {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %d ranks", n);
    }
    ts_free(boxes);
    ts_free(t);
    return ctx->status;
}
