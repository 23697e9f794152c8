#include "tests/support/golden.h"

#include "ref/io/safetensors.h"
#include "ref/ops/table.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void golden_accepted_on(const char *path, const char *precision, const char *backend)
{
    ts_ctx ctx;
    ts_case c;
    ts_judging how = {.partial = false};
    ts_report r = {.path = path, .sinusoid = "", .published_sinusoid = ""};
    if (strcmp(backend, "blas") == 0 && !ts_table_named(backend))
        return; /* a build without it */
    ts_ctx_open_plain(&ctx);
    ts_how_from(&ctx, &how.how, &how.format, precision, backend, 2);
    r.format = precision;
    r.backend = backend;
    ts_case_open(&ctx, &c, path);
    if (ctx.status)
        fail_msg("%s", ctx.message);
    ts_judge_case(&r, &c, &how);
    if (*r.error && !r.expected_error)
        fail_msg("%s (%s, %s): %s", path, precision, backend, r.error);
    assert_true(r.count > 0 || r.expected_error);
    for (int64_t i = 0; i < r.count; i++)
        if (!ts_finding_passed(&r.findings[i]))
            fail_msg("%s (%s, %s): %s %s is refused: %s", path, precision, backend,
                     r.findings[i].kind, r.findings[i].name, r.findings[i].note);
    ts_report_free(&r);
    ts_case_close(&c);
    ts_ctx_close(&ctx);
}

void golden_accepted(const char *path)
{
    static const char *const precisions[] = {"f64", "f32"};
    for (int p = 0; p < 2; p++)
        for (int t = 0; ts_table_name(t); t++)
            golden_accepted_on(path, precisions[p], ts_table_name(t));
}

static bool is_of(const char *path, const ts_module *table)
{
    ts_ctx ctx;
    ts_call call = {0};
    ts_ctx_open_plain(&ctx);
    ts_safetensors *file = ts_safetensors_open(&ctx, path);
    assert_non_null(file);
    const char *module = ts_safetensors_metadata(file, "module");
    const bool found = module && ts_module_find(table, module, &call);
    ts_safetensors_close(file);
    ts_ctx_close(&ctx);
    return found;
}

int golden_corpus(const char *folder, const ts_module *table, void (*one)(const char *path))
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (!strstr(entry->d_name, ".safetensors") || !is_of(path, table))
            continue;
        one(path);
        count++;
    }
    closedir(dir);
    return count;
}

void golden_open(golden_run *g, const char *path, const char *const *settings, ts_dtype compute)
{
    ts_how how = {.table = &ts_table_fast, .compute = compute, .threads = 2, .trace = true};
    ts_ctx_open_plain(&g->ctx);
    ts_case_open(&g->ctx, &g->c, path);
    for (int i = 0; settings && settings[i]; i++)
        ts_job_set(&g->ctx, &g->c.job, settings[i]);
    if (g->ctx.status)
        fail_msg("%s", g->ctx.message);
    ts_run(&g->ran, &how, &g->c.job);
}

void golden_close(golden_run *g)
{
    ts_ran_free(&g->ran);
    ts_case_close(&g->c);
    ts_ctx_close(&g->ctx);
}

double golden_distance(golden_run *g, ts_kind kind, const char *name, ts_tensor other)
{
    const ts_tensor mine = ts_ran_get(&g->ran, kind, name);
    if (ts_is_empty(mine) || ts_numel(mine) != ts_numel(other))
        fail_msg("%s: missing, or of another size", name);
    double worst = 0.0;
    for (int64_t i = 0; i < ts_numel(mine); i++) {
        const double d = fabs(ts_load(mine.data, mine.dtype, i) - ts_load(other.data, other.dtype, i));
        worst = d > worst || isnan(d) ? d : worst;
    }
    return worst;
}
