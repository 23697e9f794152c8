/* trainer.c: see trainer.h. Test: tests/train/test_trainer.c */
#include "ref/train/trainer.h"

#include "ref/comm/clock.h"
#include "ref/comm/collective.h"
#include "ref/train/agree.h"
#include "ref/train/checkpoint.h"
#include "ref/train/record.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { TELL = 10, CHECK = 100 };

/* Where a step is: the stage, the epoch over all stages, the step of the epoch. */
typedef struct {
    int stage;
    int64_t epoch, step, steps; /* steps: of this epoch */
} place;

/* What a rank holds. */
typedef struct {
    ts_comm *world;
    const ts_train_job *job;
    const ts_train_settings *s;
    const volatile sig_atomic_t *stop;
    ts_train_state state;
    ts_record log; /* rank 0 */
    int64_t *order;
    int64_t order_epoch; /* -1: none yet */
    int opened_stage;
    void *gradients, *exact;
    int64_t step, total, epochs;
    double rate;         /* of the last step */
    double sums[3];      /* loss, right, rows since the last line */
    double error_sum;
    int64_t error_count, said; /* said: steps of the last line */
    ts_virtual_time time;
    ts_traffic traffic;
    ts_train_result result;
} run;

static double seconds_of(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int64_t steps_of(const run *r, int stage)
{
    return ts_train_data_steps(r->job->data, r->s, r->s->stage[stage].batch);
}

static ts_status count_steps(run *r)
{
    for (int i = 0; i < r->s->stages; i++) {
        const int64_t n = steps_of(r, i);
        if (n < 1)
            return ts_fail(r->world->ctx, TS_ERROR_USAGE,
                           "a batch of %lld is more than there is to train on",
                           (long long)r->s->stage[i].batch);
        r->total += n * r->s->stage[i].epochs;
        r->epochs += r->s->stage[i].epochs;
    }
    return TS_OK;
}

/* The place of step `step`, below the total. */
static place place_of(const run *r, int64_t step)
{
    place p = {0};
    for (p.stage = 0;; p.stage++) {
        p.steps = steps_of(r, p.stage);
        if (step < p.steps * r->s->stage[p.stage].epochs)
            break;
        step -= p.steps * r->s->stage[p.stage].epochs;
        p.epoch += r->s->stage[p.stage].epochs;
    }
    p.epoch += step / p.steps;
    p.step = step % p.steps;
    return p;
}

static void open_stage(run *r, int stage)
{
    const ts_exchange_way *way = &r->s->stage[stage].way;
    if (r->opened_stage < 0)
        r->state.exchange = ts_exchange_open(r->world, r->state.model, way, r->s->bucket);
    else if (stage != r->opened_stage)
        ts_exchange_change(r->state.exchange, way);
    r->opened_stage = stage;
}

static void open_all(run *r)
{
    ts_ctx *ctx = r->world->ctx;
    r->state.model = ts_model_new(ctx, &r->s->model, r->s->seed);
    if (!r->state.model || count_steps(r))
        return;
    r->state.update = ts_update_open(ctx, r->state.model, &r->s->rule);
    const size_t bytes = ts_dtype_size(ctx->compute);
    r->gradients = ts_alloc_zero((size_t)ts_model_size(r->state.model), bytes);
    r->exact = ts_alloc_zero(r->job->error ? (size_t)ts_model_size(r->state.model) : 1, bytes);
    r->order = ts_alloc_zero((size_t)r->job->data->split.trains + 1, sizeof *r->order);
    if (!r->gradients || !r->exact || !r->order)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for gradients");
}

static void close_all(run *r)
{
    ts_exchange_close(r->state.exchange);
    ts_update_close(r->state.update);
    ts_model_close(r->state.model);
    ts_free(r->gradients);
    ts_free(r->exact);
    ts_free(r->order);
    if (r->world->rank == 0)
        ts_record_close(r->world->ctx, &r->log);
}

/* The rank's gradient of its part of the batch; the processor time that it took. */
static double gradient(run *r, place p)
{
    ts_ctx *ctx = r->world->ctx;
    const ts_train_stage *stage = &r->s->stage[p.stage];
    if (r->job->data->samples && r->order_epoch != p.epoch)
        ts_epoch_order(r->order, r->job->data->split.train, r->job->data->split.trains, r->s->seed,
                       p.epoch);
    r->order_epoch = p.epoch;
    const ts_shard mine = ts_shard_of(stage->batch, r->world->size, r->world->rank);
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    const ts_batch batch = ts_train_data_batch(
        ctx, r->job->data, r->s, stage,
        (ts_train_place){p.epoch, p.step, mine.begin, mine.count, r->order});
    const double began = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    ts_model_result got = {0};
    const ts_model_how how = {.seed = r->s->seed * TS_MAX_RANKS + (uint64_t)r->world->rank,
                              .step = r->step,
                              .label_smoothing = r->s->label_smoothing};
    ts_model_gradients(ctx, r->state.model, batch, how, r->gradients, &got);
    ts_arena_return(&ctx->arena, mark);
    r->sums[0] += got.loss * (double)got.rows;
    r->sums[1] += (double)got.right;
    r->sums[2] += (double)got.rows;
    return seconds_of(CLOCK_THREAD_CPUTIME_ID) - began;
}

/* All ranks learn whether one wants to stop and whether one has numbers that are not finite. */
static ts_agree_words look_around(run *r)
{
    ts_agree_words w = {.stop = r->stop && *r->stop};
    if (!r->world->ctx->status)
        w.bad = ts_agree_bad(r->world, r->state.model, r->gradients);
    ts_agree(r->world, &w);
    return w;
}

static void leave_out(run *r, int64_t bad)
{
    int rank;
    const char *name;
    ts_agree_bad_place(r->world, r->state.model, bad, &rank, &name);
    if (!r->s->skip_bad) {
        ts_fail(r->world->ctx, TS_ERROR_MISMATCH,
                "step %lld: the gradient of %s on rank %d is not finite", (long long)r->step, name,
                rank);
        return;
    }
    r->result.skipped++;
    if (r->world->rank == 0)
        ts_record_line(r->world->ctx, &r->log,
                       json_pack("{s:s, s:I, s:i, s:s}", "event", "skipped", "step",
                                 (json_int_t)r->step, "rank", rank, "tensor", name));
}

/* |exchanged - mean| / |mean|, the mean added in the order of ranks. */
static void measure(run *r)
{
    ts_ctx *ctx = r->world->ctx;
    const int64_t n = ts_model_size(r->state.model);
    double off = 0, whole = 0;
    for (int64_t i = 0; i < n && !ctx->status; i++) {
        const double mean = ts_load(r->exact, ctx->compute, i) / r->world->size;
        const double d = ts_load(r->gradients, ctx->compute, i) - mean;
        off += d * d;
        whole += mean * mean;
    }
    if (whole > 0) {
        r->error_sum += sqrt(off / whole);
        r->error_count++;
    }
}

static void take_step(run *r, place p)
{
    ts_ctx *ctx = r->world->ctx;
    const int64_t n = ts_model_size(r->state.model);
    const double took = gradient(r, p);
    const ts_agree_words w = look_around(r);
    r->result.stopped |= w.stop != 0;
    if (ctx->status)
        return;
    if (w.bad) {
        leave_out(r, w.bad);
        return;
    }
    if (r->job->error) {
        memcpy(r->exact, r->gradients, (size_t)n * ts_dtype_size(ctx->compute));
        ts_comm_quiet(r->world);
        ts_ordered_all_reduce(r->world, r->exact, n, ctx->compute, TS_SUM);
        ts_comm_loud(r->world);
    }
    const double compute = r->job->compute < 0 ? took : r->job->compute;
    bool skipped = false;
    ts_exchange_run(r->state.exchange, r->gradients,
                    &(ts_exchange_when){r->step, p.epoch, compute}, &skipped);
    if (ctx->status || skipped) {
        r->result.skipped += skipped;
        return;
    }
    if (r->job->error)
        measure(r);
    const double done = (double)p.epoch + (double)p.step / (double)p.steps;
    r->rate = ts_update_rate(&r->s->rule, done, (double)r->epochs);
    ts_update_step(ctx, r->state.update, r->gradients, r->rate);
}

/* Virtual time, bytes and loss since the last line. */
static void say(run *r, place p)
{
    ts_ctx *ctx = r->world->ctx;
    ts_virtual_time now;
    ts_traffic all;
    const double steps = (double)(r->step - r->said);
    ts_comm_time(r->world, &now);
    ts_comm_traffic_all(r->world, &all);
    ts_agree_sum(r->world, r->sums, 3);
    if (ctx->status || steps < 1)
        return;
    r->result.loss = r->sums[0] / r->sums[2];
    r->result.error = r->error_count ? r->error_sum / (double)r->error_count : (double)NAN;
    const double done = (double)p.epoch + (double)(p.step + 1) / (double)p.steps;
    if (r->world->rank == 0)
        ts_record_line(
            ctx, &r->log,
            json_pack("{s:s, s:I, s:f, s:i, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "event", "step",
                      "step", (json_int_t)r->step, "epoch", done, "stage", p.stage, "loss",
                      ts_record_number(r->result.loss), "top1", r->sums[1] / r->sums[2], "rate",
                      r->rate, "seconds",
                      seconds_of(CLOCK_MONOTONIC) - r->result.seconds, "virtual_ms",
                      1e3 * (now.last - r->time.last) / steps, "bytes_intra",
                      (double)(all.bytes[TS_INTRA] - r->traffic.bytes[TS_INTRA]) / steps,
                      "bytes_inter",
                      (double)(all.bytes[TS_INTER] - r->traffic.bytes[TS_INTER]) / steps, "error",
                      ts_record_number(r->result.error)));
    r->time = now;
    r->traffic = all;
    r->said = r->step;
    memset(r->sums, 0, sizeof r->sums);
}

static void judge(run *r, place p)
{
    ts_ctx *ctx = r->world->ctx;
    ts_train_score *score = &r->result.score;
    ts_train_evaluate(r->world, r->state.model, r->job->data, r->s, &r->s->stage[p.stage], score);
    if (r->world->rank == 0)
        ts_record_line(ctx, &r->log,
                       json_pack("{s:s, s:I, s:f, s:o, s:f, s:f, s:I}", "event", "test", "step",
                                 (json_int_t)r->step, "epoch",
                                 (double)p.epoch + (double)(p.step + 1) / (double)p.steps, "loss",
                                 ts_record_number(score->loss), "top1", score->top1, "top5",
                                 score->top5, "rows", (json_int_t)score->rows));
}

static void save(run *r)
{
    if (!r->job->folder || ts_checkpoint_save(r->world, r->job->folder, &r->state, r->job->json,
                                              r->step))
        return;
    if (r->world->rank == 0)
        ts_record_line(r->world->ctx, &r->log, json_pack("{s:s, s:I}", "event", "checkpoint", "step",
                                                         (json_int_t)r->step));
}

/* What comes after step number r->step, which has just been counted. */
static void after_step(run *r, place p, int64_t last)
{
    const int64_t tell = r->job->tell ? r->job->tell : TELL;
    const int64_t check = r->job->check ? r->job->check : CHECK;
    ts_ctx *ctx = r->world->ctx;
    const bool end = r->step == last || r->result.stopped;
    if (r->step % check == 0 || end)
        ts_agree_same(r->world, ts_model_values(r->state.model),
                      ts_model_size(r->state.model) * (int64_t)ts_dtype_size(ctx->compute),
                      "parameters", r->step);
    if (r->step % tell == 0 || end)
        say(r, p);
    if (p.step + 1 == p.steps || r->step == last)
        judge(r, p);
    if (end || (r->job->every && r->step % r->job->every == 0))
        save(r);
    if (r->world->rank == 0)
        ts_tell(ctx, "step", r->step, last);
}

/* The step to begin with; the state is then as after the one before. */
static void begin(run *r)
{
    ts_ctx *ctx = r->world->ctx;
    int64_t step = r->job->resume && r->job->folder
                       ? ts_checkpoint_step(ctx, r->job->folder, r->job->json)
                       : -1;
    if (!ctx->status && step > r->total)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: step %lld of %lld", r->job->folder, (long long)step,
                (long long)r->total);
    if (ctx->status)
        return;
    const int64_t at = step > 0 ? step - 1 : 0;
    open_stage(r, place_of(r, at).stage);
    if (step >= 0)
        ts_checkpoint_load(r->world, r->job->folder, &r->state, step);
    r->step = r->said = r->result.resumed = step > 0 ? step : 0;
    if (r->world->rank == 0 && !ts_record_open(ctx, &r->log, r->job->log, step >= 0))
        ts_record_line(ctx, &r->log,
                       json_pack("{s:s, s:I, s:I, s:I, s:O}", "event", "start", "step",
                                 (json_int_t)r->step, "steps", (json_int_t)r->total, "parameters",
                                 (json_int_t)ts_model_size(r->state.model), "settings", r->job->json));
}

static void finish(run *r, double began)
{
    const double steps = (double)(r->step - r->result.resumed);
    r->result.step = r->step;
    r->result.total = r->total;
    r->result.seconds = seconds_of(CLOCK_MONOTONIC) - began;
    if (steps > 0) {
        r->result.step_seconds = r->time.last / steps;
        for (int i = 0; i < TS_LINK_CLASSES; i++)
            r->result.bytes[i] = (double)r->traffic.bytes[i] / steps;
    }
}

typedef struct {
    const ts_train_job *job;
    ts_train_result *result;
} task;

static ts_status body(ts_comm *world, void *arg)
{
    const task *t = arg;
    ts_ctx *ctx = world->ctx;
    run r = {.world = world, .job = t->job, .s = t->job->settings, .opened_stage = -1};
    const double began = seconds_of(CLOCK_MONOTONIC);
    /* An operation must not end one rank in the midst of a step: all look at the flag together. */
    r.stop = ctx->progress.stop;
    ctx->progress.stop = NULL;
    r.order_epoch = -1;
    r.result.seconds = began;
    open_all(&r);
    begin(&r);
    const int64_t last = r.job->steps && r.job->steps < r.total ? r.job->steps : r.total;
    while (r.step < last && !ctx->status && !r.result.stopped) {
        const place p = place_of(&r, r.step);
        open_stage(&r, p.stage);
        take_step(&r, p);
        r.step++;
        after_step(&r, p, last);
    }
    finish(&r, began);
    close_all(&r);
    if (world->rank == 0 && !ctx->status)
        *t->result = r.result;
    return ctx->status;
}

ts_status ts_train(ts_ctx *ctx, const ts_train_job *job, const ts_comm_config *config,
                   ts_train_result *result)
{
    task t = {job, result};
    *result = (ts_train_result){0};
    if (!ctx->status && config->topology.ranks != job->settings->ranks)
        ts_fail(ctx, TS_ERROR_USAGE, "a topology of %d ranks for settings of %d",
                config->topology.ranks, job->settings->ranks);
    return ctx->status ? ctx->status : ts_comm_run(ctx, config, body, &t);
}
