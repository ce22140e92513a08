/* Microseconds for one raw score by LightGBM's fast single-row call: `lightgbm_row MODEL ROWS FEATURES < values`, as
   score.c takes them. Links lib_lightgbm.so. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int LGBM_BoosterCreateFromModelfile(const char *file, int *rounds, void **booster);
int LGBM_BoosterPredictForMatSingleRowFastInit(void *booster, int kind, int start, int rounds, int type, int32_t features,
                                               const char *parameters, void **config);
int LGBM_BoosterPredictForMatSingleRowFast(void *config, const void *row, int64_t *length, double *result);

enum { RUNS = 5, RAW_SCORE = 1, FLOAT64 = 1 };

static double seconds(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

int main(int argc, char **argv) {
    const size_t rows = argc > 3 ? strtoul(argv[2], NULL, 10) : 0, features = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    double *values = calloc(rows * features + 1, sizeof *values), best = 1e9, score;
    void *booster, *config;
    int64_t length;
    size_t at;
    int run, rounds;
    if (rows == 0 || fread(values, sizeof *values, rows * features, stdin) != rows * features) return 2;
    if (LGBM_BoosterCreateFromModelfile(argv[1], &rounds, &booster)) return 1;
    if (LGBM_BoosterPredictForMatSingleRowFastInit(booster, RAW_SCORE, 0, -1, FLOAT64, (int32_t)features, "num_threads=1",
                                                   &config))
        return 1;
    for (run = 0; run < RUNS; run++) {
        const double begin = seconds();
        double took;
        for (at = 0; at < rows; at++)
            if (LGBM_BoosterPredictForMatSingleRowFast(config, values + at * features, &length, &score)) return 1;
        took = (seconds() - begin) / (double)rows;
        if (took < best) best = took;
    }
    printf("%.4f\n", 1e6 * best);
    free(values);
    return 0;
}
