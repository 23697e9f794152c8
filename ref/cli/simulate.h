/* simulate.h: tables that are computed from cost models.
 *
 * A system has an array of tables; each makes a sheet from the cluster that the user asks about.
 * Beside our numbers stand those that were published, where they are known, with their source:
 * "record" is a public list of results, "recalled" is from memory of the paper and not checked
 * against its text. */
#ifndef TS_CLI_SIMULATE_H
#define TS_CLI_SIMULATE_H

#include "ref/cli/sheet.h"
#include "ref/topk/cost.h"

typedef struct {
    ts_topology topology;
    ts_payload payload;  /* params 0: the models of the paper */
    bool density_given;  /* otherwise the tables go through the usual ones */
    bool bytes_given;    /* of gradients and values */
    int steps;           /* of MSTopK's search */
    double memory;       /* bytes a second of an accelerator's memory */
    double efficiency;   /* of the network: its bandwidth is divided by it for whole iterations */
    double overhead;     /* seconds of an iteration that no model explains */
    double store;        /* bytes a second that one node reads from the remote store */
    double decode;       /* pictures a second that one node decodes */
    double host;         /* bytes a second of a node's main memory */
} ts_simulation;

typedef struct {
    const char *name, *title;
    void (*fill)(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x);
    const char *columns;
} ts_simulate_table;

extern const ts_simulate_table ts_simulate_network[]; /* simulate_network.c; ended by {0} */
extern const ts_simulate_table ts_simulate_recipe[];  /* simulate_recipe.c */
extern const ts_simulate_table ts_simulate_input[];   /* simulate_input.c */

/* "+1.2 %": how far ours is from what is known; "-" when it is not. */
typedef struct {
    char text[16];
} ts_difference;
ts_difference ts_difference_of(double ours, double known);

/* The time of a whole iteration: computing, then communication that hides behind nothing (worst) or
 * behind the backward pass, two thirds of computing (best). */
typedef struct {
    double best, worst;
} ts_iteration;
ts_iteration ts_iteration_of(const ts_simulation *x, ts_cost_scheme scheme, const ts_payload *payload,
                             double compute);

/* How long the scheme selects: all of the gradient, or a node's share for the hierarchical one. */
double ts_selection_of(const ts_simulation *x, ts_cost_scheme scheme, const ts_payload *payload);

/* Reading weights and gradients once, for the norms of LARS. */
double ts_norms_of(const ts_simulation *x, int64_t params);

enum { TS_RESNET50_PARAMS = 25557032, TS_RESNET50_TENSORS = 161, TS_IMAGENET_TRAIN = 1281167 };

#endif
