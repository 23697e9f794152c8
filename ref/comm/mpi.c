/* mpi.c: ranks as processes under MPI. The only file that knows MPI; no_mpi.c stands for it in other
 * builds.
 *
 * Messages are MPI's own, of bytes, in the world's communicator; the group's number is part of the
 * tag. Nothing blocks inside MPI: every wait is a loop that tests, looks for news and at the clock.
 *
 * News. Process 0 speaks for all: the others' standard output and error go nowhere. Whoever ends a
 * run, well or not, tells process 0 (a `news` record, in a communicator of its own), which looks for
 * that while it waits. So a failure anywhere becomes process 0's failure, it says the one line, and
 * ts_mpi_end ends all processes. When the time limit is over, process 0 lets the others speak first:
 * those that waited in vain too are not the one that is missing.
 *
 * Test: tests/comm/test_mpi.c */
#include "ref/comm/mpi.h"

#include "ref/base/par.h"
#include "ref/comm/collective.h"
#include "ref/comm/self.h"

#include <fcntl.h>
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* GRACE: seconds in which process 0 ends the others. PATIENCE: seconds in which they speak, or it hears
 * them. LAST_WAIT: milliseconds for which a failed process that was heard waits for its end. KEPT_ERROR:
 * where the standard error of a silent process is kept, for the case that process 0 is the one that
 * never came. */
enum { PIECE = 1 << 30, IDLE_TESTS = 1000, GRACE = 1, PATIENCE = 5, KEPT_ERROR = 100,
       LAST_WAIT = 60000 };

typedef struct {
    int status, waits_for; /* waits_for: in vain, or -1 */
    char message[TS_MESSAGE];
} news;

typedef struct {
    MPI_Comm messages, news;
    bool ended[TS_MAX_RANKS]; /* process 0: who has told that its run is over */
    int waits_for[TS_MAX_RANKS]; /* of those, in vain; and of process 0 itself, now */
    int missed;   /* process 0: whom the first waited for in vain that said so, or -1 */
    bool theirs;  /* its failure is another's, told in that one's words */
    int waited_for; /* of this process: whom it waited for in vain, or -1 */
} hall;

void ts_mpi_begin(int *argc, char ***argv)
{
    int have;
    if (!getenv("OMPI_COMM_WORLD_SIZE") && !getenv("PMI_SIZE") && !getenv("PMIX_RANK"))
        return;
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &have);
    if (ts_mpi_rank() == 0)
        return;
    dup2(STDERR_FILENO, KEPT_ERROR);
    fcntl(KEPT_ERROR, F_SETFD, FD_CLOEXEC);
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
}

static bool started(void)
{
    int begun = 0, over = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&over);
    return begun && !over;
}

int ts_mpi_size(void)
{
    int size = 0;
    if (started())
        MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

int ts_mpi_rank(void)
{
    int rank = 0;
    if (started())
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

const char *ts_mpi_version(void)
{
#if defined(OMPI_MAJOR_VERSION)
    return "Open MPI";
#else
    return "MPI";
#endif
}

static void nap(long nanoseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = nanoseconds}, NULL);
}

/* A failed process waits for process 0 to end it, which has the last word. */
int ts_mpi_end(int code)
{
    if (!started())
        return code;
    if (code == 0) {
        MPI_Finalize();
        return 0;
    }
    for (int i = 0; ts_mpi_rank() > 0 && i < GRACE * 1000; i++)
        nap(1000000);
    MPI_Abort(MPI_COMM_WORLD, code);
    return code;
}

static ts_status mpi_failed(ts_ctx *ctx, const char *what, int error)
{
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(error, text, &length);
    return ts_fail(ctx, TS_ERROR_IO, "MPI: %s: %s", what, text);
}

/* Process 0: one record that has come, if any. */
static bool hear(ts_self *self)
{
    hall *h = self->world;
    int there = 0;
    MPI_Status from;
    news n;
    MPI_Iprobe(MPI_ANY_SOURCE, 0, h->news, &there, &from);
    if (!there)
        return false;
    MPI_Recv(&n, (int)sizeof n, MPI_BYTE, from.MPI_SOURCE, 0, h->news, MPI_STATUS_IGNORE);
    h->ended[from.MPI_SOURCE] = true;
    h->waits_for[from.MPI_SOURCE] = n.waits_for;
    if (h->missed < 0)
        h->missed = n.waits_for;
    h->theirs |= n.status && n.waits_for < 0 && !self->ctx->status;
    if (n.status && n.waits_for < 0)
        ts_fail(self->ctx, (ts_status)n.status, "rank %d of %d: %.900s", from.MPI_SOURCE,
                self->config->topology.ranks, n.message);
    return true;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int end_of_chain(const hall *h, int rank)
{
    for (int i = 0; i < TS_MAX_RANKS && h->waits_for[rank] >= 0; i++)
        rank = h->waits_for[rank];
    return rank;
}

/* Has everybody spoken but that one? */
static bool all_but(const ts_self *self, int rank)
{
    const hall *h = self->world;
    for (int r = 1; r < self->config->topology.ranks; r++)
        if (r != rank && !h->ended[r])
            return false;
    return true;
}

/* The time limit is over. The one that is missing stands at the end of the chain of those who wait. */
static ts_status too_late(ts_self *self, int peer, const char *what)
{
    hall *h = self->world;
    h->waited_for = peer;
    if (self->rank == 0) {
        const int first = peer;
        for (const double end = now() + PATIENCE; now() < end && !self->ctx->status;) {
            if (!hear(self))
                nap(1000000);
            peer = end_of_chain(h, first);
            if (all_but(self, peer))
                break;
        }
    }
    if (peer == self->rank)
        return ts_fail(self->ctx, TS_ERROR_IO, "came too late: others wait no longer than %g s",
                       self->config->time_limit);
    return ts_fail(self->ctx, TS_ERROR_IO, "rank %d did not come to %s within %g s", peer, what,
                   self->config->time_limit);
}

/* Until all requests are done. On a failure they are given up. */
static ts_status wait_all(ts_self *self, MPI_Request *requests, MPI_Status *states, int count,
                          int peer, const char *what)
{
    hall *h = self->world;
    int done = 0, error = MPI_SUCCESS;
    const double end = now() + self->config->time_limit;
    for (int64_t tests = 0; !self->ctx->status; tests++) {
        error = MPI_Testall(count, requests, &done, states);
        if (done || error != MPI_SUCCESS)
            break;
        h->waits_for[self->rank] = peer;
        if (self->rank == 0 && hear(self) && h->missed >= 0)
            too_late(self, h->missed, what);
        if (tests < IDLE_TESTS)
            sched_yield();
        else
            nap(20000);
        if (tests % 64 == 63 && now() > end)
            too_late(self, peer, what);
    }
    h->waits_for[self->rank] = -1;
    if (error == MPI_ERR_IN_STATUS || error == MPI_ERR_TRUNCATE)
        ts_fail(self->ctx, TS_ERROR_USAGE, "rank %d sent more bytes than rank %d asked for", peer,
                self->rank);
    else if (error != MPI_SUCCESS)
        mpi_failed(self->ctx, what, error);
    for (int i = 0; i < count && self->ctx->status; i++)
        if (requests[i] != MPI_REQUEST_NULL) {
            MPI_Cancel(&requests[i]);
            MPI_Request_free(&requests[i]);
        }
    return self->ctx->status;
}

static int tag_of(const ts_parcel *p)
{
    return p->context * TS_COMM_TAGS + p->tag;
}

/* Bytes `at` and following of a parcel, at most PIECE of them. */
static int piece(const ts_parcel *p, int64_t at)
{
    const int64_t left = p->bytes - at;
    return (int)(left < PIECE ? left : PIECE);
}

static ts_status sendrecv(ts_self *self, const ts_parcel *out, const ts_parcel *in)
{
    const hall *h = self->world;
    const ts_parcel *longer = !in || (out && out->bytes > in->bytes) ? out : in;
    int64_t at = 0;
    do {
        MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
        MPI_Status states[2];
        const bool sends = out && (at == 0 || at < out->bytes);
        const bool receives = in && (at == 0 || at < in->bytes);
        int got = 0;
        if (receives)
            MPI_Irecv((char *)in->data + at, piece(in, at), MPI_BYTE, in->peer, tag_of(in),
                      h->messages, &requests[0]);
        if (sends)
            MPI_Isend((char *)out->data + at, piece(out, at), MPI_BYTE, out->peer, tag_of(out),
                      h->messages, &requests[1]);
        if (wait_all(self, requests, states, 2, receives ? in->peer : out->peer,
                     receives ? "send" : "receive"))
            return self->ctx->status;
        if (receives)
            MPI_Get_count(&states[0], MPI_BYTE, &got);
        if (receives && got != piece(in, at))
            return ts_fail(self->ctx, TS_ERROR_USAGE,
                           "rank %d sent %d bytes (group %d, tag %d), rank %d asked for %d",
                           in->peer, got, in->context, in->tag, self->rank, piece(in, at));
        at += PIECE;
    } while (at < longer->bytes);
    return TS_OK;
}

static MPI_Datatype type_of(ts_dtype type)
{
    return type == TS_F32   ? MPI_FLOAT
           : type == TS_F64 ? MPI_DOUBLE
           : type == TS_I32 ? MPI_INT32_T
           : type == TS_I64 ? MPI_INT64_T
           : type == TS_U32 ? MPI_UINT32_T
                            : MPI_UINT64_T;
}

static ts_status all_reduce(ts_self *self, void *data, int64_t n, ts_dtype type, int reduce)
{
    const hall *h = self->world;
    const int64_t most = PIECE / 8, width = (int64_t)ts_dtype_size(type);
    for (int64_t at = 0; at < n && !self->ctx->status; at += most) {
        MPI_Request request;
        MPI_Status state;
        const int error =
            MPI_Iallreduce(MPI_IN_PLACE, (char *)data + at * width,
                           (int)(n - at < most ? n - at : most), type_of(type),
                           reduce == TS_SUM ? MPI_SUM : MPI_MAX, h->messages, &request);
        if (error != MPI_SUCCESS)
            return mpi_failed(self->ctx, "all-reduce", error);
        wait_all(self, &request, &state, 1, (self->rank + 1) % self->config->topology.ranks,
                 "the library's all-reduce");
    }
    return self->ctx->status;
}

static const ts_comm_engine engine = {"mpi", sendrecv, all_reduce};

/* The end of a run on another process than 0: it tells how it ended and hears that all have. A
 * failed one then waits to be ended; if process 0 never hears, it speaks for itself. */
static ts_status tell(ts_self *self)
{
    hall *h = self->world;
    news n = {.status = (int)self->ctx->status, .waits_for = h->waited_for};
    memcpy(n.message, self->ctx->message, sizeof n.message);
    MPI_Request request;
    int heard = 0;
    MPI_Issend(&n, (int)sizeof n, MPI_BYTE, 0, 0, h->news, &request);
    if (!self->ctx->status) {
        MPI_Request all[2] = {request};
        MPI_Status states[2];
        MPI_Irecv(NULL, 0, MPI_BYTE, 0, 1, h->news, &all[1]);
        return wait_all(self, all, states, 2, 0, "the end");
    }
    for (const double end = now() + PATIENCE + GRACE; !heard && now() < end; nap(1000000))
        MPI_Test(&request, &heard, MPI_STATUS_IGNORE);
    if (!heard)
        dup2(KEPT_ERROR, STDERR_FILENO);
    for (int i = 0; heard && i < LAST_WAIT; i++)
        nap(1000000);
    return self->ctx->status;
}

/* Process 0 hears from all, then lets them go. */
static ts_status listen(ts_self *self)
{
    const hall *h = self->world;
    const int n = self->config->topology.ranks;
    const double end = now() + self->config->time_limit;
    for (int r = 1; r < n && !self->ctx->status; r++)
        while (!h->ended[r] && !self->ctx->status) {
            if (!hear(self))
                nap(20000);
            if (h->missed >= 0 || now() > end)
                too_late(self, h->missed >= 0 ? h->missed : r, "the end");
        }
    for (int r = 1; r < n && !self->ctx->status; r++)
        MPI_Send(NULL, 0, MPI_BYTE, r, 1, h->news);
    return self->ctx->status;
}

static void report(ts_ctx *ctx, const ts_self *self)
{
    const hall *h = self->world;
    if (self->ctx->status && h->theirs)
        ts_fail(ctx, self->ctx->status, "%.1000s", self->ctx->message);
    else if (self->ctx->status)
        ts_fail(ctx, self->ctx->status, "rank %d of %d: %.900s", self->rank,
                self->config->topology.ranks, self->ctx->message);
}

static void open_hall(hall *h)
{
    *h = (hall){.missed = -1, .waited_for = -1};
    for (int r = 0; r < TS_MAX_RANKS; r++)
        h->waits_for[r] = -1;
    MPI_Comm_dup(MPI_COMM_WORLD, &h->messages);
    MPI_Comm_dup(MPI_COMM_WORLD, &h->news);
    MPI_Comm_set_errhandler(h->messages, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(h->news, MPI_ERRORS_RETURN);
}

ts_status ts_comm_run_mpi(ts_ctx *ctx, const ts_comm_config *config, ts_comm_body *body, void *arg)
{
    hall h;
    ts_ctx own;
    ts_comm world;
    if (ts_mpi_size() == 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "ranks as processes: start them with mpirun");
    if (ts_mpi_size() != config->topology.ranks)
        return ts_fail(ctx, TS_ERROR_USAGE, "%d ranks, but mpirun started %d processes",
                       config->topology.ranks, ts_mpi_size());
    open_hall(&h);
    ts_ctx_open(&own, ctx->table, ctx->compute, config->threads > 0 ? config->threads : 1);
    own.round = ctx->round;
    own.sinusoid_f32 = ctx->sinusoid_f32;
    own.progress.stop = ctx->progress.stop;
    ts_self self = {.ctx = &own, .rank = ts_mpi_rank(), .config = config, .engine = &engine,
                    .world = &h};
    if (self.rank == 0)
        own.progress = ctx->progress;
    ts_par_threads(config->threads > 0 ? config->threads : 1);
    if (!ts_comm_open_world(&world, &self) && body(&world, arg) && !own.status)
        ts_fail(&own, TS_ERROR_USAGE, "failed without saying why");
    if (self.rank > 0)
        tell(&self);
    else
        listen(&self);
    report(ctx, &self);
    ts_comm_close_world(&world);
    ts_ctx_close(&own);
    if (!ctx->status) { /* after a failure others may still hold them: the end takes them */
        MPI_Comm_free(&h.messages);
        MPI_Comm_free(&h.news);
    }
    return ctx->status;
}
