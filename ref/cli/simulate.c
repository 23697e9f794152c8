/* simulate.c: what would my cluster gain? The papers' tables from cost models.
 * Test: tests/cli/test_simulate.c */
#include "ref/cli/simulate.h"

#include "ref/cli/command.h"

#include <stdio.h>
#include <string.h>

static const ts_option options[] = {
    {"--table", "NAME", "one table; several times for several"},
    {"--all", NULL, "every table"},
    {"--nodes", "N", "nodes of the cluster: 16"},
    {"--ranks", "M", "accelerators of a node: 8"},
    {"--intra-us", "T", "latency inside a node, microseconds: 5"},
    {"--intra-gbs", "B", "bandwidth inside a node, GB/s: 130"},
    {"--inter-us", "T", "latency between nodes, microseconds: 25"},
    {"--inter-gbit", "B", "bandwidth of a node's NIC, Gbit/s: 25"},
    {"--params", "D", "elements of your model's gradient; default: the models of the paper"},
    {"--density", "RHO", "part that is kept: 0.01"},
    {"--bits", "N", "of gradients and sent values, 32 or 16; default: 32, tables of schemes both"},
    {"--search", "N", "steps of MSTopK's search: 30"},
    {"--memory-gbs", "B", "bandwidth of an accelerator's memory, GB/s: 900"},
    {"--efficiency", "E", "part of the network's bandwidth that iterations reach: 0.6"},
    {"--overhead-ms", "T", "of an iteration, explained by no model: 0"},
    {"--store-mbs", "B", "what one node reads from the remote store, MB/s: 300"},
    {"--decode", "N", "pictures a second that one node decodes: 4000"},
    {"--host-gbs", "B", "bandwidth of a node's main memory, GB/s: 10"},
    {"--tsv", NULL, "tab-separated values, for gnuplot"},
    {"--json", NULL, "one JSON object a line"},
    {0}};

static const struct {
    const char *system;
    const ts_simulate_table *tables;
} known[] = {{"sparse", ts_simulate_network},
             {"sparse", ts_simulate_recipe},
             {"sparse", ts_simulate_input}};

enum { GROUPS = sizeof known / sizeof *known, NAMES = 64 };

static void read_cluster(ts_ctx *ctx, const ts_options *o, ts_simulation *x)
{
    const int nodes = (int)ts_option_int(ctx, o, "--nodes", 16, 1, 65536);
    const int ranks = (int)ts_option_int(ctx, o, "--ranks", 8, 1, 1024);
    x->topology = (ts_topology){.ranks = nodes * ranks, .hosts = nodes};
    x->topology.link[TS_INTRA] = (ts_link){
        ts_option_real(ctx, o, "--intra-us", 5, 0, 1e6) * 1e-6,
        1e-9 / ts_option_real(ctx, o, "--intra-gbs", 130, 1e-3, 1e6)};
    x->topology.link[TS_INTER] = (ts_link){
        ts_option_real(ctx, o, "--inter-us", 25, 0, 1e6) * 1e-6,
        8e-9 / ts_option_real(ctx, o, "--inter-gbit", 25, 1e-3, 1e6)};
}

static void read_options(ts_ctx *ctx, const ts_options *o, ts_simulation *x)
{
    *x = (ts_simulation){.density_given = ts_option_on(o, "--density"),
                         .bytes_given = ts_option_on(o, "--bits")};
    read_cluster(ctx, o, x);
    const int64_t bits = ts_option_int(ctx, o, "--bits", 32, 16, 32);
    if (bits != 16 && bits != 32)
        ts_fail(ctx, TS_ERROR_USAGE, "--bits %lld: 16 or 32", (long long)bits);
    x->payload.params = ts_option_int(ctx, o, "--params", 0, 1, INT64_C(1) << 40);
    x->payload.grad = x->payload.value = (int)bits / 8;
    if (!ctx->status)
        ts_density_parse(ctx, &x->payload.density, ts_option_text(o, "--density", "0.01"));
    x->steps = (int)ts_option_int(ctx, o, "--search", 30, 0, 48);
    x->memory = 1e9 * ts_option_real(ctx, o, "--memory-gbs", 900, 1e-3, 1e6);
    x->efficiency = ts_option_real(ctx, o, "--efficiency", 0.6, 1e-3, 1);
    x->overhead = 1e-3 * ts_option_real(ctx, o, "--overhead-ms", 0, 0, 1e6);
    x->store = 1e6 * ts_option_real(ctx, o, "--store-mbs", 300, 1e-3, 1e9);
    x->decode = ts_option_real(ctx, o, "--decode", 4000, 1e-3, 1e9);
    x->host = 1e9 * ts_option_real(ctx, o, "--host-gbs", 10, 1e-3, 1e6);
}

static ts_status print_table(ts_ctx *ctx, const ts_simulate_table *t, const ts_simulation *x,
                             ts_sheet_form form, bool first)
{
    ts_sheet *s = ts_sheet_open(ctx, t->name, t->title, t->columns);
    if (s)
        t->fill(ctx, s, x);
    if (!ctx->status && !first && form != TS_SHEET_JSON)
        putchar('\n');
    ts_sheet_print(ctx, s, form, stdout);
    ts_sheet_close(s);
    return ctx->status;
}

static bool of_system(const char *system, int group)
{
    return !system || strcmp(known[group].system, system) == 0;
}

static bool asked_for(const ts_options *o, const char *name)
{
    const char *wanted;
    for (int i = 0; (wanted = ts_option_nth(o, "--table", i)); i++)
        if (strcmp(wanted, name) == 0)
            return true;
    return ts_option_on(o, "--all");
}

/* Every --table must be one. */
static ts_status check_names(ts_ctx *ctx, const ts_options *o, const char *system)
{
    const char *names[NAMES + 1] = {0}, *wanted;
    int count = 0;
    for (int g = 0; g < GROUPS; g++)
        for (const ts_simulate_table *t = known[g].tables; t->name && count < NAMES; t++)
            if (of_system(system, g))
                names[count++] = t->name;
    for (int i = 0; (wanted = ts_option_nth(o, "--table", i)) && !ctx->status; i++) {
        bool found = false;
        for (int k = 0; k < count; k++)
            found |= strcmp(names[k], wanted) == 0;
        const char *near = found ? NULL : ts_nearest(wanted, names);
        if (!found)
            ts_fail(ctx, TS_ERROR_USAGE, "simulate: no table \"%.60s\"%s%s%s", wanted,
                    near ? "; did you mean \"" : "; without --table they are listed",
                    near ? near : "", near ? "\"?" : "");
    }
    return ctx->status;
}

static void list_tables(const char *system)
{
    for (int g = 0; g < GROUPS; g++)
        for (const ts_simulate_table *t = known[g].tables; t->name; t++)
            if (of_system(system, g))
                printf("%-12s %s\n", t->name, t->title);
}

static int run(const ts_options *o)
{
    ts_ctx ctx;
    ts_simulation x;
    const char *system = o->count ? o->arguments[0] : NULL;
    ts_ctx_open_plain(&ctx);
    read_options(&ctx, o, &x);
    bool exists = !system;
    for (int g = 0; g < GROUPS; g++)
        exists |= system && strcmp(known[g].system, system) == 0;
    if (!exists || o->count > 1)
        ts_fail(&ctx, TS_ERROR_USAGE, "simulate: which system? sparse");
    const ts_sheet_form form = ts_option_on(o, "--json")  ? TS_SHEET_JSON
                               : ts_option_on(o, "--tsv") ? TS_SHEET_TSV
                                                          : TS_SHEET_TEXT;
    bool first = true;
    if (!ctx.status && !check_names(&ctx, o, system)) {
        for (int g = 0; g < GROUPS; g++)
            for (const ts_simulate_table *t = known[g].tables; t->name && !ctx.status; t++)
                if (of_system(system, g) && asked_for(o, t->name)) {
                    print_table(&ctx, t, &x, form, first);
                    first = false;
                }
        if (first && !ctx.status)
            list_tables(system);
    }
    fflush(stdout);
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_simulate = {
    "simulate", "[sparse] [--table NAME]... [--all] [OPTION]...",
    "the papers' tables from cost models, for your cluster",
    "Without --table or --all the tables are listed. Beside our figures stand those that were\n"
    "published, where they are known: \"record\" is a public list of results, \"recalled\" is from memory\n"
    "of the paper and was not checked against its text, \"-\" is what nobody here knows.",
    options, run};
