#include "tests/support/trial.h"

#include "tests/support/files.h"
#include "tests/support/op.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void net_open(net *n, ts_dtype compute, bool lora)
{
    *n = (net){.lora = NULL};
    ts_ctx_open(&n->ctx, &ts_table_fast, compute, 1);
    n->weights = ts_weights_open(&n->ctx, TINY, "transformer");
    if (lora) {
        n->file = ts_weights_open_file(&n->ctx, TINY_LORA);
        n->lora = ts_lora_open(&n->ctx, n->file, 0.0);
    }
    n->dit = ts_dit_open(&n->ctx, n->weights, n->lora);
    if (n->ctx.status)
        fail_msg("%s", n->ctx.message);
}

void net_close(net *n)
{
    ts_dit_close(n->dit);
    ts_lora_close(n->lora);
    ts_weights_close(n->file);
    ts_weights_close(n->weights);
    ts_ctx_close(&n->ctx);
}

ts_tensor trial_tensor(ts_ctx *ctx, int64_t seed, double scale, int rank, ...)
{
    int64_t size[TS_MAX_RANK];
    va_list sizes;
    va_start(sizes, rank);
    for (int i = 0; i < rank; i++)
        size[i] = va_arg(sizes, int);
    va_end(sizes);
    const ts_tensor t = ts_new(ctx, ctx->compute, rank, size);
    for (int64_t i = 0; t.data && i < ts_numel(t); i++)
        ts_store(t.data, t.dtype, i, (double)(float)(op_value(seed + i) * scale));
    return t;
}

/* Folders. ------------------------------------------------------------------------------------- */

static const char *new_folder(void)
{
    static int count;
    char name[32];
    snprintf(name, sizeof name, "checkpoint-%d", count++);
    const char *path = files_path(name);
    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

static void copy(const char *component, const char *folder, const char *file)
{
    char from[512], to[512];
    size_t bytes;
    snprintf(from, sizeof from, TINY "/%s/%s", component, file);
    snprintf(to, sizeof to, "%s/%s", folder, file);
    char *data = files_read(from, &bytes);
    files_write(to, data, bytes);
    free(data);
}

static const char weights_file[] = "diffusion_pytorch_model.safetensors";

const char *trial_config(const char *component, const char *key, const char *json)
{
    const char *folder = new_folder();
    char path[512];
    snprintf(path, sizeof path, TINY "/%s/config.json", component);
    json_t *config = json_load_file(path, 0, NULL);
    assert_non_null(config);
    if (json)
        json_object_set_new(config, key, json_loads(json, JSON_DECODE_ANY, NULL));
    else
        json_object_del(config, key);
    snprintf(path, sizeof path, "%s/config.json", folder);
    assert_int_equal(json_dump_file(config, path, 0), 0);
    json_decref(config);
    copy(component, folder, weights_file);
    return folder;
}

const char *trial_tensor_changed(const char *component, const char *name, int rank,
                                 const int64_t *size)
{
    const char *folder = new_folder();
    char path[512];
    ts_ctx ctx;
    ts_items items = {0};
    bool found = false;
    copy(component, folder, "config.json");
    ts_ctx_open_plain(&ctx);
    snprintf(path, sizeof path, TINY "/%s/%s", component, weights_file);
    ts_safetensors *from = ts_safetensors_open(&ctx, path);
    for (int64_t i = 0; i < ts_safetensors_count(from); i++) {
        ts_tensor t = ts_safetensors_tensor(from, i);
        if (strcmp(ts_safetensors_name(from, i), name) == 0) {
            found = true;
            if (rank == 0)
                continue;
            t = ts_tensor_of(t.data, t.dtype, rank, size);
        }
        ts_items_add(&ctx, &items, ts_safetensors_name(from, i), t);
    }
    assert_true(found);
    snprintf(path, sizeof path, "%s/%s", folder, weights_file);
    assert_int_equal(ts_safetensors_write(&ctx, path, &items, NULL), TS_OK);
    ts_items_free(&items);
    ts_safetensors_close(from);
    ts_ctx_close(&ctx);
    return folder;
}

/* Cases. --------------------------------------------------------------------------------------- */

void trial_open(trial *t, const char *path, const char *module)
{
    memset(t, 0, sizeof *t);
    ts_ctx_open_plain(&t->ctx);
    if (ts_case_open(&t->ctx, &t->c, path))
        fail_msg("%s", t->ctx.message);
    t->job = t->c.job;
    t->job.inputs = (ts_items){0};
    t->job.cotangents = (ts_items){0};
    t->job.grads = t->job.param_grads = false;
    if (module)
        t->job.module = module;
    for (int64_t i = 0; i < t->c.job.inputs.count; i++)
        ts_items_add(&t->ctx, &t->job.inputs, t->c.job.inputs.items[i].name,
                     t->c.job.inputs.items[i].value);
}

void trial_set(trial *t, const char *assignment)
{
    if (ts_job_set(&t->ctx, &t->job, assignment))
        fail_msg("%s", t->ctx.message);
}

void trial_input(trial *t, const char *name, ts_tensor value)
{
    ts_items kept = {0};
    for (int64_t i = 0; i < t->job.inputs.count; i++)
        if (strcmp(t->job.inputs.items[i].name, name) != 0)
            ts_items_add(&t->ctx, &kept, t->job.inputs.items[i].name, t->job.inputs.items[i].value);
    if (!ts_is_empty(value))
        ts_items_add(&t->ctx, &kept, name, value);
    ts_items_free(&t->job.inputs);
    t->job.inputs = kept;
}

ts_tensor trial_given(const trial *t, const char *name)
{
    const ts_tensor x = ts_items_get(&t->c.job.inputs, name);
    assert_false(ts_is_empty(x));
    return x;
}

ts_status trial_run(trial *t, ts_dtype compute)
{
    const ts_how how = {.table = &ts_table_fast, .compute = compute, .threads = 1};
    if (t->has_run)
        ts_ran_free(&t->ran);
    t->has_run = true;
    return ts_run(&t->ran, &how, &t->job);
}

void trial_close(trial *t)
{
    if (t->has_run)
        ts_ran_free(&t->ran);
    ts_items_free(&t->job.inputs);
    ts_case_close(&t->c);
    ts_ctx_close(&t->ctx);
}

void trial_refused(trial *t, ts_status status, const char *words)
{
    trial_run(t, TS_F32);
    if (t->ran.ctx.status != status || !strstr(t->ran.ctx.message, words))
        fail_msg("%s: expected %s \"%s\", got %s \"%s\"", t->job.module, ts_status_name(status),
                 words, ts_status_name(t->ran.ctx.status), t->ran.ctx.message);
    trial_close(t);
}

void trial_accepted(trial *t)
{
    if (trial_run(t, TS_F32))
        fail_msg("%s: %s", t->job.module, t->ran.ctx.message);
    trial_close(t);
}

/* Faults. -------------------------------------------------------------------------------------- */

static ts_status work_once(ts_status (*work)(ts_ctx *ctx, const void *arg), const void *arg,
                           long fault, long *allocations)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ts_plant_fault(fault);
    const ts_status status = work(&ctx, arg);
    *allocations = ts_plant_fault(0);
    assert_int_equal(status, ctx.status);
    if (status && (status != TS_ERROR_MEMORY || !strstr(ctx.message, "memory")))
        fail_msg("allocation %ld of %ld failed: %s: %s", fault, *allocations,
                 ts_status_name(status), ctx.message);
    ts_ctx_close(&ctx);
    return status;
}

long trial_faults(ts_status (*work)(ts_ctx *ctx, const void *arg), const void *arg, int step)
{
    long all, met;
    assert_int_equal(work_once(work, arg, LONG_MAX, &all), TS_OK);
    for (long n = 1; n <= all; n += step)
        work_once(work, arg, n, &met);
    /* The last one is always walked; it is not left out silently. */
    work_once(work, arg, all, &met);
    assert_int_equal(work_once(work, arg, all + 1, &met), TS_OK);
    return all;
}
