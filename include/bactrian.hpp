// Bactrian for C++17: the calls of bactrian.h as classes that free themselves, with exceptions.
//
// Header only. What bactrian.h says of pointers, threads, texts and the disk holds here too; every
// `const` member may be called from many threads at once. Texts go in as std::string_view, by copy where
// C needs a NUL at their end (names), without one where it does not (ids and values). Texts that come out
// as std::string_view live as long as the object that they came from. A moved-from object may only be
// assigned to or destroyed; its other members throw or give nothing, as a NULL handle does in C.
//
//     bactrian::Engine engine("shop.bactrian", bactrian::Definition::from_file("shop.toml"));
//     bactrian::Reader reader = engine.reader({"spend", "warmth"});
//     engine.observe({"purchase", "anna", {}, at, {{"amount", 12.5}}});
//     reader.read("anna", "ben", at, values);
//     std::cout << engine.decide("anna").why() << '\n';
#ifndef BACTRIAN_HPP
#define BACTRIAN_HPP

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "bactrian.h"

namespace bactrian {

// Microseconds since 1970-01-01 UTC.
using Moment = std::int64_t;

// The engine's clock.
inline constexpr Moment now = BACTRIAN_NOW;

// The version of the library.
inline std::string_view version() noexcept { return bactrian_version(); }

// One finding about a definition.
struct Problem {
    bactrian_severity severity;
    std::uint32_t line, column;  // from 1; 0 where the definition has no lines
    std::string path, message;
    std::optional<std::string> hint;
};

// A call that failed. The class follows from the hundred of the status, as in Python.
class Error : public std::runtime_error {
public:
    bactrian_status status() const noexcept { return status_; }
    // What to do about it, if something helps.
    const std::optional<std::string> &hint() const noexcept { return hint_; }
    // All mistakes of a definition; empty for other errors.
    const std::vector<Problem> &problems() const noexcept { return problems_; }

    Error(bactrian_status status, const std::string &message, std::optional<std::string> hint,
          std::vector<Problem> problems)
        : std::runtime_error(message), status_(status), hint_(std::move(hint)), problems_(std::move(problems)) {}

private:
    bactrian_status status_;
    std::optional<std::string> hint_;
    std::vector<Problem> problems_;
};

struct DefinitionError : Error { using Error::Error; };   // 1xx
struct SchemaError : Error { using Error::Error; };       // 2xx
struct UnknownNameError : Error { using Error::Error; };  // 3xx
struct StateError : Error { using Error::Error; };        // 4xx
struct StoreError : Error { using Error::Error; };        // 5xx
struct InternalError : Error { using Error::Error; };     // 9xx

namespace detail {

inline std::optional<std::string> maybe(const char *text) {
    return text ? std::optional<std::string>(text) : std::nullopt;
}

inline std::string_view view(const char *text) { return text ? std::string_view(text) : std::string_view(); }

inline Problem problem(const bactrian_problem *found) {
    return {found->severity, found->line, found->column, found->path, found->message, maybe(found->hint)};
}

[[noreturn]] inline void fail(bactrian_status status) {
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < bactrian_error_problem_count(); i++) problems.push_back(problem(bactrian_error_problem(i)));
    const std::string message = bactrian_error_message();
    const auto hint = maybe(bactrian_error_hint());
    switch (static_cast<unsigned>(status) / 100) {
        case 1: throw DefinitionError(status, message, hint, std::move(problems));
        case 2: throw SchemaError(status, message, hint, std::move(problems));
        case 3: throw UnknownNameError(status, message, hint, std::move(problems));
        case 4: throw StateError(status, message, hint, std::move(problems));
        case 5: throw StoreError(status, message, hint, std::move(problems));
        default: throw InternalError(status, message, hint, std::move(problems));
    }
}

inline void check(bactrian_status status) {
    if (status != BACTRIAN_STATUS_OK) fail(status);
}

template <class T, void (*release)(T *)> struct Free {
    void operator()(T *handle) const noexcept { release(handle); }
};

template <class T, void (*release)(T *)> using Handle = std::unique_ptr<T, Free<T, release>>;

// The handle that `call` gives, or its error.
template <class T, void (*release)(T *), class Call> Handle<T, release> made(Call call) {
    T *handle = nullptr;
    check(call(&handle));
    return Handle<T, release>(handle);
}

// Names as C takes them. NULL asks for all, so that none of them needs a place to point to.
class Names {
public:
    Names(const std::vector<std::string> &names) : all_(false) { add(names); }
    Names(const std::optional<std::vector<std::string>> &names) : all_(!names) {
        if (names) add(*names);
    }
    const char *const *data() const { return all_ ? nullptr : pointers_.data(); }
    std::size_t size() const { return pointers_.size() - 1; }

private:
    void add(const std::vector<std::string> &names) {
        for (std::size_t i = 0; i < names.size(); i++) pointers_.insert(pointers_.end() - 1, names[i].c_str());
    }

    bool all_;
    std::vector<const char *> pointers_{nullptr};
};

}  // namespace detail

// Who: a text or a number. It holds the text by reference; as an argument it outlives the call.
class Id {
public:
    Id(std::string_view text) : id_(bactrian_id_bytes(text.data() ? text.data() : "", text.size())) {}
    Id(const std::string &text) : Id(std::string_view(text)) {}
    Id(const char *text) : Id(std::string_view(text)) {}
    template <class Number, std::enable_if_t<std::is_integral_v<Number> && !std::is_same_v<Number, bool>, int> = 0>
    Id(Number number) : id_(bactrian_id_number(static_cast<std::uint64_t>(number))) {
        if (number < Number{}) throw std::out_of_range("the number of a customer is negative");
    }
    const bactrian_id *get() const noexcept { return &id_; }

private:
    bactrian_id id_;
};

namespace detail {
// Ids as C takes them. NULL asks for everyone, so that nobody needs a place to point to.
class Ids {
public:
    Ids(const std::optional<std::vector<Id>> &ids) : everyone_(!ids) {
        if (ids) {
            for (const Id &id : *ids) views_.push_back(*id.get());
        }
        views_.push_back(bactrian_id_number(0));
    }
    const bactrian_id *data() const { return everyone_ ? nullptr : views_.data(); }
    std::size_t size() const { return views_.size() - 1; }

private:
    bool everyone_;
    std::vector<bactrian_id> views_;
};
}  // namespace detail

// An id of its own.
using OwnedId = std::variant<std::string, std::uint64_t>;

namespace detail {
inline const bactrian_id *get(const std::optional<Id> &id) { return id ? id->get() : nullptr; }

inline OwnedId owned(const bactrian_id &id) {
    return id.text ? OwnedId(std::string(id.text, id.length)) : OwnedId(id.number);
}
}  // namespace detail

// A named value: a role of an event, or a trait.
class Field {
public:
    Field(std::string name, std::nullptr_t) : Field(std::move(name), BACTRIAN_TYPE_NULL) {}
    Field(std::string name, double number) : Field(std::move(name), BACTRIAN_TYPE_NUMBER) { value_.number = number; }
    Field(std::string name, int number) : Field(std::move(name), static_cast<double>(number)) {}
    Field(std::string name, bool flag) : Field(std::move(name), BACTRIAN_TYPE_FLAG) { value_.flag = flag; }
    Field(std::string name, const char *text) : Field(std::move(name), std::string(text)) {}
    Field(std::string name, std::string text) : Field(std::move(name), std::vector<std::string>{std::move(text)}) {
        type_ = BACTRIAN_TYPE_TEXT;
    }
    Field(std::string name, std::vector<std::string> texts) : Field(std::move(name), BACTRIAN_TYPE_TEXTS) {
        texts_ = std::move(texts);
    }
    // A moment, in microseconds since 1970 UTC.
    static Field time(std::string name, Moment at) {
        Field field(std::move(name), BACTRIAN_TYPE_TIME);
        field.value_.time = at;
        return field;
    }

    // As C has it, valid as long as this object; `views` is room for the texts.
    bactrian_field get(std::vector<bactrian_text> &views) const {
        bactrian_field field{name_.c_str(), type_, value_};
        if (type_ == BACTRIAN_TYPE_TEXT) field.value.text = {texts_[0].data(), texts_[0].size()};
        if (type_ == BACTRIAN_TYPE_TEXTS) {
            for (const std::string &text : texts_) views.push_back({text.data(), text.size()});
            field.value.texts = {views.data(), views.size()};
        }
        return field;
    }

private:
    Field(std::string name, bactrian_type type) : name_(std::move(name)), type_(type) {}

    std::string name_;
    bactrian_type type_;
    bactrian_value value_{};
    std::vector<std::string> texts_;
};

using Fields = std::vector<Field>;

namespace detail {
// Fields as C takes them.
class FieldViews {
public:
    FieldViews(const Fields &fields) : texts_(fields.size()) {
        for (std::size_t i = 0; i < fields.size(); i++) views_.push_back(fields[i].get(texts_[i]));
    }
    const bactrian_field *data() const { return views_.data(); }
    std::size_t size() const { return views_.size(); }

private:
    std::vector<std::vector<bactrian_text>> texts_;
    std::vector<bactrian_field> views_;
};
}  // namespace detail

// One event: who or toward whom, when, and its other roles.
struct Event {
    std::string kind;
    std::optional<Id> customer, peer;
    Moment at;
    Fields fields = {};
};

// One column of a batch, held by reference: numbers, moments, whole numbers, or texts that end with NUL.
class Column {
public:
    Column(std::string name, const std::vector<double> &values) : Column(std::move(name), values, BACTRIAN_TYPE_NUMBER) {}
    Column(std::string name, const std::vector<std::int64_t> &times) : Column(std::move(name), times, BACTRIAN_TYPE_TIME) {}
    Column(std::string name, const std::vector<std::uint64_t> &ids) : Column(std::move(name), ids, BACTRIAN_TYPE_WHOLE) {}
    Column(std::string name, const std::vector<const char *> &texts) : Column(std::move(name), texts, BACTRIAN_TYPE_TEXT) {}
    Column(std::string name, const std::vector<std::uint8_t> &flags) : Column(std::move(name), flags, BACTRIAN_TYPE_FLAG) {}
    // The same column with a byte a row, 0 where the value is unknown.
    Column known(const std::vector<std::uint8_t> &bytes) const {
        if (bytes.size() != rows_) throw std::length_error("`known` has another length than its column");
        Column column = *this;
        column.known_ = bytes.data();
        return column;
    }
    std::size_t rows() const noexcept { return rows_; }
    bactrian_column get() const { return {name_.c_str(), type_, data_, known_}; }

private:
    template <class T>
    Column(std::string name, const std::vector<T> &values, bactrian_type type)
        : name_(std::move(name)), type_(type), data_(values.data()), rows_(values.size()) {}

    std::string name_;
    bactrian_type type_;
    const void *data_;
    const std::uint8_t *known_ = nullptr;
    std::size_t rows_;
};

// How the columns of a batch are called: the kind of all rows, and our word with their column.
struct Roles {
    std::optional<std::string> kind = {};
    std::vector<std::pair<std::string, std::string>> columns = {};
};

namespace detail {
// Roles as C takes them.
class RoleViews {
public:
    RoleViews(const Roles &roles) {
        for (const auto &[word, column] : roles.columns) {
            words_.push_back(word.c_str());
            columns_.push_back(column.c_str());
        }
        view_.kind = roles.kind ? roles.kind->c_str() : nullptr;
        view_.roles = words_.data();
        view_.columns = columns_.data();
        view_.length = words_.size();
    }
    const bactrian_roles *get() const { return &view_; }

private:
    std::vector<const char *> words_, columns_;
    bactrian_roles view_ = BACTRIAN_ROLES_INIT;
};
}  // namespace detail

// An Arrow stream that releases itself.
class Stream {
public:
    Stream() { stream_.release = nullptr; }
    Stream(Stream &&other) noexcept : stream_(other.stream_) { other.stream_.release = nullptr; }
    Stream &operator=(Stream &&other) noexcept {
        std::swap(stream_, other.stream_);
        return *this;
    }
    ~Stream() {
        if (stream_.release) stream_.release(&stream_);
    }
    // For Arrow libraries, which take the stream over and leave a released one.
    ArrowArrayStream *get() noexcept { return &stream_; }

private:
    ArrowArrayStream stream_;
};

// What a user declares.
class Definition {
public:
    static Definition from_toml(const std::string &text) {
        return Definition([&](auto out) { return bactrian_definition_from_toml(text.c_str(), out); });
    }
    static Definition from_json(const std::string &text) {
        return Definition([&](auto out) { return bactrian_definition_from_json(text.c_str(), out); });
    }
    static Definition from_file(const std::string &path) {
        return Definition([&](auto out) { return bactrian_definition_from_file(path.c_str(), out); });
    }
    std::string_view toml() const { return detail::view(bactrian_definition_toml(get())); }
    std::string_view json() const { return detail::view(bactrian_definition_json(get())); }
    std::string_view fingerprint() const { return detail::view(bactrian_definition_fingerprint(get())); }
    const bactrian_definition *get() const noexcept { return handle_.get(); }

private:
    friend class Engine;
    template <class Call>
    explicit Definition(Call call) : handle_(detail::made<bactrian_definition, bactrian_definition_free>(call)) {}

    detail::Handle<bactrian_definition, bactrian_definition_free> handle_;
};

// Everything that is to be said about a definition in TOML.
inline std::vector<Problem> check(const std::string &text) {
    const auto found = detail::made<bactrian_problems, bactrian_problems_free>(
        [&](auto out) { return bactrian_check(text.c_str(), out); });
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < bactrian_problems_count(found.get()); i++)
        problems.push_back(detail::problem(bactrian_problems_at(found.get(), i)));
    return problems;
}

// A value that was read, as a person reads it.
struct Factor {
    std::string_view name, value;
};

// An action that was not chosen.
struct Loser {
    std::string_view action;
    bactrian_reason reason;
    std::string_view why;
    std::vector<Factor> read;
};

// A look at a decision; it lives as long as what it came from.
class DecisionView {
public:
    explicit DecisionView(const bactrian_decision *decision) : decision_(decision) {}
    std::uint64_t id() const noexcept { return bactrian_decision_id(decision_); }
    // The chosen action; nothing is silence.
    std::optional<std::string_view> action() const {
        const char *action = bactrian_decision_action(decision_);
        return action ? std::optional<std::string_view>(action) : std::nullopt;
    }
    std::string_view why() const { return detail::view(bactrian_decision_why(decision_)); }
    double propensity() const noexcept { return bactrian_decision_propensity(decision_); }
    double priority() const noexcept { return bactrian_decision_priority(decision_); }
    std::vector<Factor> factors() const {
        std::vector<Factor> factors;
        for (std::size_t i = 0; i < bactrian_decision_factor_count(decision_); i++)
            factors.push_back(factor(bactrian_decision_factor(decision_, i)));
        return factors;
    }
    std::vector<Loser> losers() const {
        std::vector<Loser> losers;
        for (std::size_t i = 0; i < bactrian_decision_loser_count(decision_); i++) {
            const bactrian_loser *found = bactrian_decision_loser(decision_, i);
            Loser loser{found->action, found->reason, found->why, {}};
            for (std::size_t j = 0; j < bactrian_decision_loser_read_count(decision_, i); j++)
                loser.read.push_back(factor(bactrian_decision_loser_read(decision_, i, j)));
            losers.push_back(std::move(loser));
        }
        return losers;
    }

private:
    static Factor factor(const bactrian_factor *found) { return {found->name, found->value}; }

    const bactrian_decision *decision_;
};

// What to do next, and why.
class Decision : public DecisionView {
public:
    explicit Decision(detail::Handle<bactrian_decision, bactrian_decision_free> handle)
        : DecisionView(handle.get()), handle_(std::move(handle)) {}

private:
    detail::Handle<bactrian_decision, bactrian_decision_free> handle_;
};

// A row that was refused.
struct Reject {
    std::uint64_t row;
    std::string_view reason;
};

// A customer's move from one cell of a segment to another.
struct Crossing {
    OwnedId customer;
    std::string_view segment, from, to;
    Moment at;
    std::string_view cause;
};

// A decision that a crossing asked for.
struct TakenDecision {
    OwnedId customer;
    Moment at;
    DecisionView decision;
};

// What became of the rows of a write.
class Report {
public:
    std::uint64_t accepted() const noexcept { return bactrian_report_accepted(handle_.get()); }
    std::uint64_t duplicates() const noexcept { return bactrian_report_duplicates(handle_.get()); }
    std::uint64_t late() const noexcept { return bactrian_report_late(handle_.get()); }
    std::vector<Reject> rejected() const {
        std::vector<Reject> rejected;
        for (std::size_t i = 0; i < bactrian_report_reject_count(handle_.get()); i++) {
            const bactrian_reject *found = bactrian_report_reject(handle_.get(), i);
            rejected.push_back({found->row, found->reason});
        }
        return rejected;
    }
    std::vector<Crossing> crossings() const {
        std::vector<Crossing> crossings;
        for (std::size_t i = 0; i < bactrian_report_crossing_count(handle_.get()); i++) {
            const bactrian_crossing *found = bactrian_report_crossing(handle_.get(), i);
            crossings.push_back({detail::owned(found->customer), found->segment, found->from, found->to, found->at, found->cause});
        }
        return crossings;
    }
    std::vector<TakenDecision> decisions() const {
        std::vector<TakenDecision> decisions;
        for (std::size_t i = 0; i < bactrian_report_decision_count(handle_.get()); i++) {
            const bactrian_taken_decision *found = bactrian_report_decision(handle_.get(), i);
            decisions.push_back({detail::owned(found->customer), found->at, DecisionView(found->decision)});
        }
        return decisions;
    }

private:
    friend class Engine;
    template <class Call>
    explicit Report(Call call) : handle_(detail::made<bactrian_report, bactrian_report_free>(call)) {}

    detail::Handle<bactrian_report, bactrian_report_free> handle_;
};

// A named number; NaN is unknown.
struct Figure {
    std::string_view name;
    double value;
};

// The answer to a question about an effect.
struct Verdict {
    std::string_view name;
    double value, lower, upper, null_value;
    std::uint64_t rows;
    bactrian_claim claim;
    std::string_view why;
};

// What a fit found for one column; `skipped` says why nothing was learnt.
struct FittedColumn {
    std::string_view name;
    std::optional<std::string_view> skipped;
    std::vector<Figure> figures;
    std::vector<Verdict> verdicts;
    std::vector<Factor> notes;
};

// What a fit found.
class FitReport {
public:
    Moment at() const noexcept { return bactrian_fit_report_moment(handle_.get()); }
    std::uint64_t moved() const noexcept { return bactrian_fit_report_moved(handle_.get()); }
    std::vector<FittedColumn> columns() const {
        const bactrian_fit_report *report = handle_.get();
        std::vector<FittedColumn> columns;
        for (std::size_t i = 0; i < bactrian_fit_report_column_count(report); i++) {
            const bactrian_fitted_column *found = bactrian_fit_report_column(report, i);
            FittedColumn column{found->name, std::nullopt, {}, {}, {}};
            if (found->skipped) column.skipped = found->skipped;
            for (std::size_t j = 0; j < bactrian_fit_report_figure_count(report, i); j++) {
                const bactrian_figure *figure = bactrian_fit_report_figure(report, i, j);
                column.figures.push_back({figure->name, figure->value});
            }
            for (std::size_t j = 0; j < bactrian_fit_report_verdict_count(report, i); j++) {
                const bactrian_verdict *v = bactrian_fit_report_verdict(report, i, j);
                column.verdicts.push_back({v->name, v->value, v->lower, v->upper, v->null_value, v->rows, v->claim, v->why});
            }
            for (std::size_t j = 0; j < bactrian_fit_report_note_count(report, i); j++) {
                const bactrian_factor *note = bactrian_fit_report_note(report, i, j);
                column.notes.push_back({note->name, note->value});
            }
            columns.push_back(std::move(column));
        }
        return columns;
    }

private:
    friend class Engine;
    template <class Call>
    explicit FitReport(Call call) : handle_(detail::made<bactrian_fit_report, bactrian_fit_report_free>(call)) {}

    detail::Handle<bactrian_fit_report, bactrian_fit_report_free> handle_;
};

// Why a column has its value: parts that sum to it, and the evidence behind it.
class Explanation {
public:
    double value() const noexcept { return bactrian_explanation_value(handle_.get()); }
    Moment at() const noexcept { return bactrian_explanation_moment(handle_.get()); }
    std::vector<Figure> parts() const {
        return figures(bactrian_explanation_part_count(handle_.get()), bactrian_explanation_part);
    }
    std::vector<Figure> evidence() const {
        return figures(bactrian_explanation_evidence_count(handle_.get()), bactrian_explanation_evidence);
    }

private:
    friend class Engine;
    template <class Call>
    explicit Explanation(Call call) : handle_(detail::made<bactrian_explanation, bactrian_explanation_free>(call)) {}

    template <class At> std::vector<Figure> figures(std::size_t count, At at) const {
        std::vector<Figure> figures;
        for (std::size_t i = 0; i < count; i++) figures.push_back({at(handle_.get(), i)->name, at(handle_.get(), i)->value});
        return figures;
    }

    detail::Handle<bactrian_explanation, bactrian_explanation_free> handle_;
};

// Columns prepared once and read many times, from any thread. It keeps the engine alive.
class Reader {
public:
    // How many columns, and so how many values a read writes.
    std::size_t size() const noexcept { return bactrian_reader_columns(handle_.get()); }
    // What each value is: number, flag, time, or text for Engine::key_text.
    std::vector<bactrian_type> types() const {
        std::vector<std::uint32_t> found(size());
        detail::check(bactrian_reader_types(handle_.get(), found.data()));
        std::vector<bactrian_type> types;
        for (const std::uint32_t type : found) types.push_back(static_cast<bactrian_type>(type));
        return types;
    }
    // Reads into `values`, which has room for size() of them; unknown is NaN.
    void read(const Id &customer, const std::optional<Id> &peer, Moment at, double *values) const {
        detail::check(bactrian_reader_read(handle_.get(), customer.get(), detail::get(peer), at, values));
    }
    std::vector<double> read(const Id &customer, const std::optional<Id> &peer = {}, Moment at = now) const {
        std::vector<double> values(size());
        read(customer, peer, at, values.data());
        return values;
    }

private:
    friend class Engine;
    template <class Call>
    explicit Reader(Call call) : handle_(detail::made<bactrian_reader, bactrian_reader_free>(call)) {}

    detail::Handle<bactrian_reader, bactrian_reader_free> handle_;
};

// What an erasure removed; `fits` are columns that had been learnt with the customer.
struct Erasure {
    std::uint64_t ids, events, unnamed, traits, ties, words, searched, found;
    std::vector<std::string> fits;
};

// A function behind a column: its inputs in the order of the definition, NaN where unknown, to its value. An
// exception makes the column unknown there. It may be called from many threads, and can't call an engine.
using Callback = std::function<double(const double *inputs, std::size_t length)>;

// What became of the calls of one callback since it was registered.
struct CallbackInfo {
    std::string name, version;
    std::uint64_t calls, unknown, failed;
    std::optional<std::string> failure;
};

// What a new definition changed: names of columns, and how many customers moved.
struct RedefineReport {
    std::vector<std::string> added, removed, unfitted;
    std::uint64_t moved;
};

// How an engine is opened.
struct Options {
    std::uint64_t seed = 0;
    Moment ceiling = std::numeric_limits<Moment>::max();  // latest event time that is accepted
    bool read_only = false;
    bactrian_durability durability = BACTRIAN_DURABILITY_COMMIT;  // of calls of one row
};

// How a decision is asked for.
struct Ask {
    std::optional<Id> toward = {};
    Moment at = now;
    bool dry = false;  // looks without writing
    std::size_t most = 1;  // actions, at most one of a group
    Fields context = {};  // what is known of this moment, by the words of [context]
};

// What can be read.
struct ColumnInfo {
    std::string name;
    bool toward;
};

// An engine: one definition, one journal, one state.
class Engine {
public:
    // In memory.
    explicit Engine(const Definition &definition, const Options &options = {}) : Engine(nullptr, definition.get(), options) {}
    // In a file, made if there is none.
    Engine(const std::string &path, const Definition &definition, const Options &options = {})
        : Engine(path.c_str(), definition.get(), options) {}
    // In a file, under its own definition.
    explicit Engine(const std::string &path, const Options &options = {}) : Engine(path.c_str(), nullptr, options) {}

    // Ends the use of the file by all handles; errors come here, where a destructor can't tell them.
    void close() { detail::check(bactrian_engine_close(get())); }

    // Takes one event; an event that can't be taken is a SchemaError.
    void observe(const Event &event) const { observe(event, nullptr); }
    Report observe_reported(const Event &event) const {
        return Report([&](auto out) { return observe_into(event, out); });
    }
    Report observe(Stream stream, const Roles &roles = {}) const {
        return arrow(bactrian_engine_observe_arrow, stream, roles);
    }
    Report observe(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_observe_columns, columns, roles);
    }
    Report identify(const Id &customer, const Fields &traits, Moment at = now) const {
        const detail::FieldViews views(traits);
        return Report([&](auto out) {
            return bactrian_engine_identify(get(), customer.get(), at, views.data(), views.size(), out);
        });
    }
    Report identify(Stream stream, const Roles &roles = {}) const {
        return arrow(bactrian_engine_identify_arrow, stream, roles);
    }
    Report identify(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_identify_columns, columns, roles);
    }
    Report relate(Stream stream, const Roles &roles = {}) const {
        return arrow(bactrian_engine_relate_arrow, stream, roles);
    }
    Report relate(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_relate_columns, columns, roles);
    }
    Report advance_to(Moment at) const {
        return Report([&](auto out) { return bactrian_engine_advance_to(get(), at, out); });
    }
    // Learns all fitted columns, or those named.
    FitReport fit() const {
        return FitReport([&](auto out) { return bactrian_engine_fit(get(), nullptr, 0, out); });
    }
    FitReport fit(const std::vector<std::string> &columns) const {
        const detail::Names names(columns);
        return FitReport([&](auto out) { return bactrian_engine_fit(get(), names.data(), names.size(), out); });
    }

    // Goes on under another definition, back-filled from the journal.
    RedefineReport redefine(const Definition &definition) const {
        const auto report = detail::made<bactrian_redefine_report, bactrian_redefine_report_free>(
            [&](auto out) { return bactrian_engine_redefine(get(), definition.get(), out); });
        const auto names = [&](auto count, auto name) {
            std::vector<std::string> names;
            for (std::size_t i = 0; i < count(report.get()); i++) names.emplace_back(name(report.get(), i));
            return names;
        };
        return {names(bactrian_redefine_report_added_count, bactrian_redefine_report_added),
                names(bactrian_redefine_report_removed_count, bactrian_redefine_report_removed),
                names(bactrian_redefine_report_unfitted_count, bactrian_redefine_report_unfitted),
                bactrian_redefine_report_moved(report.get())};
    }
    // From now on both ids are one customer, `kept`.
    void merge(const Id &kept, const Id &folded) const {
        detail::check(bactrian_engine_merge(get(), kept.get(), folded.get()));
    }
    void checkpoint() const { detail::check(bactrian_engine_checkpoint(get())); }

    Reader reader(const std::vector<std::string> &columns) const {
        const detail::Names names(columns);
        return Reader([&](auto out) { return bactrian_reader_prepare(get(), names.data(), names.size(), out); });
    }
    // Everyone, or the customers given; every column, or those named.
    Stream score(const std::optional<std::vector<Id>> &customers = {},
                 const std::optional<std::vector<std::string>> &columns = {}, const std::optional<Id> &toward = {},
                 Moment at = now) const {
        const detail::Ids ids(customers);
        const detail::Names names(columns);
        return stream([&](auto out) {
            return bactrian_engine_score(get(), ids.data(), ids.size(), names.data(), names.size(), detail::get(toward), at, out);
        });
    }
    // What score would have given just before `at`.
    Stream training_set(Moment at, const std::optional<std::vector<std::string>> &columns = {},
                        const std::optional<std::vector<Id>> &customers = {}, Moment known_at = now) const {
        const detail::Ids ids(customers);
        const detail::Names names(columns);
        return stream([&](auto out) {
            return bactrian_engine_training_set(get(), ids.data(), ids.size(), names.data(), names.size(), at, known_at, out);
        });
    }
    Explanation explain(const Id &customer, const std::string &column, const std::optional<Id> &toward = {},
                        Moment at = now) const {
        return Explanation([&](auto out) {
            return bactrian_engine_explain(get(), customer.get(), column.c_str(), detail::get(toward), at, out);
        });
    }
    Decision decide(const Id &customer, const Ask &ask = {}) const {
        const AskView asked(ask);
        return Decision(detail::made<bactrian_decision, bactrian_decision_free>(
            [&](auto out) { return bactrian_engine_decide_with(get(), customer.get(), &asked.view, out); }));
    }
    // Everyone, or the customers given, in one commit.
    Stream decide_batch(const std::optional<std::vector<Id>> &customers = {}, const Ask &ask = {}) const {
        const detail::Ids ids(customers);
        const AskView asked(ask);
        return stream(
            [&](auto out) { return bactrian_engine_decide_batch(get(), ids.data(), ids.size(), &asked.view, out); });
    }
    Stream segment(const std::string &name) const {
        return stream([&](auto out) { return bactrian_engine_segment(get(), name.c_str(), out); });
    }
    std::vector<OwnedId> members(const std::string &segment, const std::string &cell) const {
        return ids([&](auto out) { return bactrian_engine_members(get(), segment.c_str(), cell.c_str(), out); });
    }
    Stream crossings(const std::optional<std::string> &segment = {},
                     Moment since = std::numeric_limits<Moment>::min()) const {
        const char *name = segment ? segment->c_str() : nullptr;
        return stream([&](auto out) { return bactrian_engine_crossings(get(), name, since, out); });
    }
    // Where each action falls, for everyone or the customers given; nothing is recorded.
    Stream funnel(const std::optional<std::vector<Id>> &customers = {}, const Ask &ask = {}) const {
        const detail::Ids ids(customers);
        const AskView asked(ask);
        return stream([&](auto out) { return bactrian_engine_funnel(get(), ids.data(), ids.size(), &asked.view, out); });
    }

    // Takes one outcome of a decision; NaN is no value. A decision that is not open is a SchemaError.
    Report learn(std::uint64_t decision, const std::string &outcome,
                 double value = std::numeric_limits<double>::quiet_NaN(), Moment at = now) const {
        return Report([&](auto out) { return bactrian_engine_learn(get(), decision, outcome.c_str(), at, value, out); });
    }
    Report learn(Stream stream, const Roles &roles = {}) const { return arrow(bactrian_engine_learn_arrow, stream, roles); }
    Report learn(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_learn_columns, columns, roles);
    }
    // What was expected of each action, and what came of it.
    Stream ledger() const {
        return stream([&](auto out) { return bactrian_engine_ledger(get(), out); });
    }

    // Erases a customer; the receipt says what left, and that nothing of it remains.
    Erasure erase(const Id &customer) const {
        const auto receipt = detail::made<bactrian_erasure, bactrian_erasure_free>(
            [&](auto out) { return bactrian_engine_erase(get(), customer.get(), out); });
        const bactrian_erasure_info *found = bactrian_erasure_figures(receipt.get());
        Erasure erasure{found->ids, found->events, found->unnamed, found->traits, found->ties, found->words,
                        found->searched, found->found, {}};
        for (std::size_t i = 0; i < bactrian_erasure_fit_count(receipt.get()); i++)
            erasure.fits.emplace_back(bactrian_erasure_fit(receipt.get(), i));
        return erasure;
    }
    // All that is held about a customer, as one JSON object.
    std::string export_json(const Id &customer) const {
        const auto held = detail::made<bactrian_export, bactrian_export_free>(
            [&](auto out) { return bactrian_engine_export(get(), customer.get(), out); });
        return bactrian_export_json(held.get());
    }
    // Makes durable what calls of one row have recorded.
    void flush() const { detail::check(bactrian_engine_flush(get())); }

    // What this engine knows, for absorb() of an engine of the same definition over other events.
    std::vector<std::uint8_t> partial() const {
        const auto part = detail::made<bactrian_partial, bactrian_partial_free>(
            [&](auto out) { return bactrian_engine_partial(get(), out); });
        const std::uint8_t *data = bactrian_partial_data(part.get());
        return {data, data + bactrian_partial_length(part.get())};
    }
    Report absorb(const std::vector<std::uint8_t> &partial) const {
        return Report([&](auto out) { return bactrian_engine_absorb(get(), partial.data(), partial.size(), out); });
    }
    // What can be read, with type and order class.
    Stream catalog() const {
        return stream([&](auto out) { return bactrian_engine_catalog(get(), out); });
    }

    // Puts a function behind the columns that name it and this version; again after each opening.
    void set_callback(const std::string &name, const std::string &version, Callback callback) const {
        struct Calls {
            static std::int32_t call(void *context, const double *inputs, std::size_t length, double *value) noexcept {
                try {
                    *value = (*static_cast<Callback *>(context))(inputs, length);
                    return 0;
                } catch (...) {
                    return 1;
                }
            }
            static void release(void *context) noexcept { delete static_cast<Callback *>(context); }
        };
        auto *context = new Callback(std::move(callback));
        detail::check(bactrian_engine_register(get(), name.c_str(), version.c_str(), Calls::call, context, Calls::release));
    }
    std::vector<CallbackInfo> callbacks() const {
        const auto list = detail::made<bactrian_callback_list, bactrian_callback_list_free>(
            [&](auto out) { return bactrian_engine_callbacks(get(), out); });
        std::vector<CallbackInfo> callbacks;
        for (std::size_t i = 0; i < bactrian_callback_list_count(list.get()); i++) {
            const bactrian_callback_info *found = bactrian_callback_list_at(list.get(), i);
            CallbackInfo info{found->name, found->version, found->calls, found->unknown, found->failed, std::nullopt};
            if (found->failure) info.failure = found->failure;
            callbacks.push_back(std::move(info));
        }
        return callbacks;
    }

    std::vector<OwnedId> peers(const Id &customer) const {
        return ids([&](auto out) { return bactrian_engine_peers(get(), customer.get(), out); });
    }

    std::vector<ColumnInfo> columns() const {
        const auto list = detail::made<bactrian_column_list, bactrian_column_list_free>(
            [&](auto out) { return bactrian_engine_columns(get(), out); });
        std::vector<ColumnInfo> columns;
        for (std::size_t i = 0; i < bactrian_column_list_count(list.get()); i++) {
            const bactrian_column_info *found = bactrian_column_list_at(list.get(), i);
            columns.push_back({found->name, found->toward != 0});
        }
        return columns;
    }
    // The text behind the number that a column of names gives.
    std::string key_text(double key) const {
        std::string text(63, '\0');
        std::size_t length = 0;
        detail::check(bactrian_engine_key_text(get(), key, text.data(), text.size() + 1, &length));
        const bool cut = length > text.size();
        text.resize(length);
        if (cut) detail::check(bactrian_engine_key_text(get(), key, text.data(), length + 1, nullptr));
        return text;
    }
    // The engine's clock; nothing before the first event.
    std::optional<Moment> clock() const {
        Moment at = 0;
        detail::check(bactrian_engine_now(get(), &at));
        return at == BACTRIAN_NOW ? std::nullopt : std::optional<Moment>(at);
    }
    void set_ceiling(Moment ceiling) const { detail::check(bactrian_engine_set_ceiling(get(), ceiling)); }
    Definition definition() const {
        return Definition([&](auto out) { return bactrian_engine_definition(get(), out); });
    }
    // One number for everything known: the same for the same records.
    std::uint64_t digest() const {
        std::uint64_t digest = 0;
        detail::check(bactrian_engine_digest(get(), &digest));
        return digest;
    }
    // Bytes of memory by part.
    std::vector<std::pair<std::string, std::uint64_t>> memory() const {
        const auto found = detail::made<bactrian_memory_parts, bactrian_memory_parts_free>(
            [&](auto out) { return bactrian_engine_memory(get(), out); });
        std::vector<std::pair<std::string, std::uint64_t>> parts;
        for (std::size_t i = 0; i < bactrian_memory_parts_count(found.get()); i++) {
            const bactrian_memory_part *part = bactrian_memory_parts_at(found.get(), i);
            parts.emplace_back(part->name, part->bytes);
        }
        return parts;
    }
    bactrian_stats stats() const {
        bactrian_stats stats = BACTRIAN_STATS_INIT;
        detail::check(bactrian_engine_stats(get(), &stats));
        return stats;
    }
    const bactrian_engine *get() const noexcept { return handle_.get(); }

private:
    Engine(const char *path, const bactrian_definition *definition, const Options &options) {
        bactrian_options opened = BACTRIAN_OPTIONS_INIT;
        opened.seed = options.seed;
        opened.ceiling = options.ceiling;
        opened.read_only = options.read_only;
        opened.durability = static_cast<std::uint32_t>(options.durability);
        handle_ = detail::made<bactrian_engine, bactrian_engine_free>(
            [&](auto out) { return bactrian_engine_open(path, definition, &opened, out); });
    }

    // An ask as C has it; it lives no longer than the one that it came from.
    struct AskView {
        explicit AskView(const Ask &ask) : context(ask.context) {
            view.toward = detail::get(ask.toward);
            view.at = ask.at;
            view.dry = ask.dry;
            view.most = ask.most;
            view.context = context.data();
            view.context_length = context.size();
        }
        detail::FieldViews context;
        bactrian_ask view = BACTRIAN_ASK_INIT;
    };

    template <class Call> static Stream stream(Call call) {
        Stream stream;
        detail::check(call(stream.get()));
        return stream;
    }

    void observe(const Event &event, bactrian_report **out) const { detail::check(observe_into(event, out)); }

    bactrian_status observe_into(const Event &event, bactrian_report **out) const {
        const detail::FieldViews fields(event.fields);
        bactrian_event view = BACTRIAN_EVENT_INIT;
        view.kind = event.kind.c_str();
        view.customer = detail::get(event.customer);
        view.peer = detail::get(event.peer);
        view.at = event.at;
        view.fields = fields.data();
        view.fields_length = fields.size();
        return bactrian_engine_observe(get(), &view, out);
    }

    template <class Call> Report arrow(Call call, Stream &stream, const Roles &roles) const {
        const detail::RoleViews views(roles);
        return Report([&](auto out) { return call(get(), stream.get(), views.get(), out); });
    }

    template <class Call> Report plain(Call call, const std::vector<Column> &columns, const Roles &roles) const {
        const detail::RoleViews views(roles);
        std::vector<bactrian_column> plain;
        for (const Column &column : columns) {
            if (column.rows() != columns.front().rows()) throw std::length_error("the columns differ in length");
            plain.push_back(column.get());
        }
        const std::size_t rows = columns.empty() ? 0 : columns.front().rows();
        return Report([&](auto out) { return call(get(), plain.data(), plain.size(), rows, views.get(), out); });
    }

    template <class Call> static std::vector<OwnedId> ids(Call call) {
        const auto found = detail::made<bactrian_ids, bactrian_ids_free>(call);
        std::vector<OwnedId> ids;
        for (std::size_t i = 0; i < bactrian_ids_count(found.get()); i++)
            ids.push_back(detail::owned(*bactrian_ids_at(found.get(), i)));
        return ids;
    }

    detail::Handle<bactrian_engine, bactrian_engine_free> handle_;
};

}  // namespace bactrian

#endif  // BACTRIAN_HPP
