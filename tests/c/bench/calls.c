/* Nanoseconds a call from C, in memory: one line `name nanoseconds` each, the median of eleven runs.

   cargo build --package bactrian-ffi --release
   cc -O2 -std=c99 -Iinclude -Itests/c tests/c/bench/calls.c -Ltarget/release -lbactrian -Wl,-rpath,$PWD/target/release */
#include "check.h"

#include <time.h>

enum { RUNS = 11, CUSTOMERS = 10000 };

static bactrian_engine *engine;
static bactrian_reader *reader;
static bactrian_id customers[CUSTOMERS];
static char names[CUSTOMERS][16];
static int64_t now;

static double seconds(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, void (*call)(int), int calls) {
    double took[RUNS];
    int run, i;
    for (run = 0; run < RUNS; run++) {
        const double begin = seconds();
        for (i = 0; i < calls; i++) call(i);
        took[run] = (seconds() - begin) / calls;
    }
    qsort(took, RUNS, sizeof *took, ascending);
    printf("%s %.1f\n", name, 1e9 * took[RUNS / 2]);
}

static void nothing(int i) {
    (void)i;
    CHECK(bactrian_reader_columns(reader) == 2);
}

static void guarded(int i) {
    (void)i;
    OK(bactrian_engine_set_ceiling(engine, INT64_MAX));
}

static void observe(int i) {
    OK(buy(engine, &customers[i % CUSTOMERS], 1.0, now++, NULL));
}

static void read_two(int i) {
    double values[2];
    OK(bactrian_reader_read(reader, &customers[i % CUSTOMERS], NULL, BACTRIAN_NOW, values));
}

static void observe_and_read(int i) {
    observe(i);
    read_two(i);
}

static void decide(int i) {
    bactrian_decision *decision = NULL;
    OK(bactrian_engine_decide(engine, &customers[i % CUSTOMERS], NULL, BACTRIAN_NOW, &decision));
    bactrian_decision_free(decision);
}

int main(void) {
    const char *columns[] = {"spend", "orders"};
    int i;
    engine = open_shop(NULL);
    for (i = 0; i < CUSTOMERS; i++) {
        snprintf(names[i], sizeof names[i], "customer-%d", i);
        customers[i] = bactrian_id_text(names[i]);
        OK(buy(engine, &customers[i], 20.0, now, NULL));
    }
    OK(bactrian_reader_prepare(engine, columns, 2, &reader));
    measure("accessor", nothing, 1000000);
    measure("status", guarded, 1000000);
    measure("read", read_two, 100000);
    measure("observe", observe, 20000);
    measure("observe_and_read", observe_and_read, 20000);
    measure("decide", decide, 5000);
    bactrian_reader_free(reader);
    bactrian_engine_free(engine);
    return 0;
}
