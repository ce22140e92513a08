/* Purchase models without an engine: fitted, made of known parameters, read. */
#include "check.h"

static const double FREQUENCY[8] = {0, 1, 2, 0, 4, 1, 0, 3};
static const double RECENCY[8] = {0, 5, 20, 0, 38, 1, 0, 30};
static const double AGE[8] = {39, 39, 39, 39, 39, 39, 39, 39};

static int near(double found, double expected, double relative) {
    return fabs(found - expected) <= relative * fabs(expected);
}

/* Published parameters of CDNOW; the predictions are those of 60 digits. */
static void predictions(void) {
    const double parameters[4] = {0.243, 4.414, 0.793, 2.426};
    const double x[1] = {2}, t_x[1] = {30.43}, age[1] = {38.86};
    double value[1];
    bactrian_clv *clv = NULL;

    OK(bactrian_clv_new("bg_nbd", parameters, 4, &clv));
    CHECK(bactrian_clv_parameter(clv, 3) == 2.426 && isnan(bactrian_clv_parameter(clv, 4)));
    CHECK(isnan(bactrian_clv_log_likelihood(clv)) && bactrian_clv_converged(clv) == 0);
    OK(bactrian_clv_alive(clv, 0.0, x, t_x, age, 1, value));
    CHECK(near(value[0], 0.726578570081, 1e-10));
    OK(bactrian_clv_expected(clv, 39.0, x, t_x, age, 1, value));
    CHECK(near(value[0], 1.226028174767, 1e-10));
    bactrian_clv_free(clv);
}

static void fits(void) {
    static const char *const models[3] = {"bg_nbd", "mbg_nbd", "pareto_nbd"};
    const double ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    double fitted[8], again[8], parameters[4];
    size_t model, i;

    for (model = 0; model < 3; model++) {
        bactrian_clv *clv = NULL, *weighted = NULL, *known = NULL;
        OK(bactrian_clv_fit(models[model], FREQUENCY, RECENCY, AGE, NULL, 8, &clv));
        OK(bactrian_clv_fit(models[model], FREQUENCY, RECENCY, AGE, ones, 8, &weighted));
        CHECK(bactrian_clv_log_likelihood(clv) < 0);
        CHECK(near(bactrian_clv_log_likelihood(clv), bactrian_clv_log_likelihood(weighted), 1e-12));
        for (i = 0; i < 4; i++) parameters[i] = bactrian_clv_parameter(clv, i);
        OK(bactrian_clv_new(models[model], parameters, 4, &known));
        OK(bactrian_clv_alive(clv, 4.0, FREQUENCY, RECENCY, AGE, 8, fitted));
        OK(bactrian_clv_alive(known, 4.0, FREQUENCY, RECENCY, AGE, 8, again));
        for (i = 0; i < 8; i++) CHECK(fitted[i] == again[i] && fitted[i] >= 0 && fitted[i] <= 1);
        bactrian_clv_free(clv);
        bactrian_clv_free(weighted);
        bactrian_clv_free(known);
    }
}

/* From lines to histories, to a model, to what a customer will buy. */
static void histories(void) {
    static const uint64_t customer[7] = {7, 9, 7, 7, 9, 7, 8};
    static const uint64_t basket[7] = {1, 2, 3, 3, 4, 5, 6};
    static const double amount[7] = {5, 1, 2, 3, 4, 9, 6};
    const int64_t day = INT64_C(86400000000);
    const int64_t at[7] = {0, 0, 7 * day, 7 * day, 14 * day, 28 * day, 3 * day};
    const double nowhere[7] = {0, 0, 0, 0, 0, 0, HUGE_VAL};
    const double *frequency, *recency, *age, *spend;
    double expected[3];
    size_t i;
    bactrian_summary *summary = NULL, *parts = NULL, *none = NULL;
    bactrian_clv *clv = NULL;

    OK(bactrian_summary_new(customer, at, amount, NULL, 7, 7 * day, 35 * day, BACTRIAN_NOW, &summary));
    CHECK(bactrian_summary_length(summary) == 3 && bactrian_summary_customers(summary)[1] == 8);
    frequency = bactrian_summary_column(summary, "frequency");
    recency = bactrian_summary_column(summary, "recency");
    age = bactrian_summary_column(summary, "age");
    spend = bactrian_summary_column(summary, "spend");
    CHECK(frequency[0] == 2 && frequency[1] == 0 && frequency[2] == 1);
    CHECK(recency[0] == 4 && recency[1] == 0 && age[0] == 5 && age[1] == 32.0 / 7.0);
    CHECK(spend[0] == 7 && isnan(spend[1]) && spend[2] == 4);
    CHECK(near(bactrian_summary_column(summary, "log_gaps")[0], log(3.0), 1e-12));
    CHECK(bactrian_summary_column(summary, "holdout_frequency") == NULL);
    CHECK(bactrian_summary_column(summary, "monetary") == NULL && bactrian_summary_column(summary, NULL) == NULL);
    OK(bactrian_clv_fit("mbg_nbd", frequency, recency, age, NULL, 3, &clv));
    OK(bactrian_clv_expected(clv, 4.0, frequency, recency, age, 3, expected));
    for (i = 0; i < 3; i++) CHECK(expected[i] >= 0);

    OK(bactrian_summary_new(customer, at, NULL, basket, 7, day, BACTRIAN_NOW, 10 * day, &parts));
    CHECK(bactrian_summary_column(parts, "frequency")[0] == 1);
    CHECK(bactrian_summary_column(parts, "holdout_frequency")[0] == 1);
    CHECK(isnan(bactrian_summary_column(parts, "spend")[0]));

    FAILS(bactrian_summary_new(customer, at, nowhere, NULL, 7, day, BACTRIAN_NOW, BACTRIAN_NOW, &none), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_summary_new(customer, at, NULL, NULL, 7, 0, BACTRIAN_NOW, BACTRIAN_NOW, &none), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_summary_new(NULL, at, NULL, NULL, 7, day, BACTRIAN_NOW, BACTRIAN_NOW, &none), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_summary_new(customer, at, NULL, NULL, 7, day, day, 2 * day, &none), BACTRIAN_STATUS_SCHEMA_RANGE);
    CHECK(none == NULL && bactrian_summary_length(NULL) == 0 && bactrian_summary_customers(NULL) == NULL);
    OK(bactrian_summary_new(NULL, NULL, NULL, NULL, 0, day, BACTRIAN_NOW, BACTRIAN_NOW, &none));
    CHECK(bactrian_summary_length(none) == 0);
    bactrian_summary_free(none);
    bactrian_summary_free(summary);
    bactrian_summary_free(parts);
    bactrian_summary_free(NULL);
    bactrian_clv_free(clv);
}

static void mistakes(void) {
    const double late[1] = {40}, one[1] = {1}, none[1] = {0};
    double value[1] = {-1};
    bactrian_clv *clv = NULL;

    FAILS(bactrian_clv_fit("bg_nbt", FREQUENCY, RECENCY, AGE, NULL, 8, &clv), BACTRIAN_STATUS_SCHEMA_RANGE);
    SAME(bactrian_error_hint(), "did you mean `bg_nbd`?");
    FAILS(bactrian_clv_fit(NULL, FREQUENCY, RECENCY, AGE, NULL, 8, &clv), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_clv_fit("bg_nbd", NULL, RECENCY, AGE, NULL, 8, &clv), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_clv_fit("bg_nbd", FREQUENCY, RECENCY, AGE, NULL, 8, NULL), BACTRIAN_STATUS_NULL_POINTER);
    /* A recency above the age, nobody who bought again, parameters that can't be. */
    FAILS(bactrian_clv_fit("bg_nbd", one, late, AGE, NULL, 1, &clv), BACTRIAN_STATUS_SCHEMA_RANGE);
    CHECK(bactrian_clv_fit("bg_nbd", none, none, AGE, NULL, 1, &clv) != BACTRIAN_STATUS_OK);
    FAILS(bactrian_clv_new("bg_nbd", none, 1, &clv), BACTRIAN_STATUS_SCHEMA_RANGE);
    CHECK(clv == NULL);
    FAILS(bactrian_clv_alive(NULL, 0.0, one, one, AGE, 1, value), BACTRIAN_STATUS_NULL_POINTER);
    OK(bactrian_clv_fit("bg_nbd", FREQUENCY, RECENCY, AGE, NULL, 8, &clv));
    FAILS(bactrian_clv_alive(clv, 0.0, one, late, AGE, 1, value), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_clv_expected(clv, 1.0, one, one, AGE, 1, NULL), BACTRIAN_STATUS_NULL_POINTER);
    CHECK(value[0] == -1);
    bactrian_clv_free(clv);
    bactrian_clv_free(NULL);
    CHECK(isnan(bactrian_clv_parameter(NULL, 0)) && bactrian_clv_converged(NULL) == 0);
}

int main(void) {
    predictions();
    fits();
    histories();
    mistakes();
    return 0;
}
