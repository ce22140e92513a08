/* Microseconds for one score of one customer, from C: `score DEFINITION COLUMN ROWS FEATURES < values`, the values being
   doubles, row after row; the traits of the definition are f0, f1, ... One line, the fastest of 20 runs. */
#include "check.h"

#include <time.h>

enum { RUNS = 20 };

static double seconds(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

int main(int argc, char **argv) {
    const size_t rows = argc > 4 ? strtoul(argv[3], NULL, 10) : 0, features = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    bactrian_reader *reader = NULL;
    double *row = calloc(features, sizeof *row), best = 1e9, score = 0.0;
    char (*names)[8] = calloc(features, sizeof *names);
    bactrian_field *fields = calloc(features, sizeof *fields);
    const char *column = argc > 4 ? argv[2] : "";
    size_t at, i;
    int run;
    CHECK(rows > 0 && features > 0 && features < 10000);
    OK(bactrian_definition_from_file(argv[1], &definition));
    OK(bactrian_engine_open(NULL, definition, NULL, &engine));
    for (at = 0; at < rows; at++) {
        const bactrian_id customer = bactrian_id_number(at);
        CHECK(fread(row, sizeof *row, features, stdin) == features);
        for (i = 0; i < features; i++) {
            snprintf(names[i], sizeof names[i], "f%u", (unsigned)i);
            fields[i] = bactrian_field_number(names[i], row[i]);
        }
        OK(bactrian_engine_identify(engine, &customer, BACTRIAN_NOW, fields, features, NULL));
    }
    OK(bactrian_reader_prepare(engine, &column, 1, &reader));
    for (run = 0; run < RUNS; run++) {
        const double begin = seconds();
        double took;
        for (at = 0; at < rows; at++) {
            const bactrian_id customer = bactrian_id_number(at);
            OK(bactrian_reader_read(reader, &customer, NULL, BACTRIAN_NOW, &score));
        }
        took = (seconds() - begin) / (double)rows;
        if (took < best) best = took;
    }
    CHECK(score == score);
    printf("%.4f\n", 1e6 * best);
    bactrian_reader_free(reader);
    bactrian_engine_free(engine);
    bactrian_definition_free(definition);
    free(fields);
    free(names);
    free(row);
    return 0;
}
