// Moments, errors, handles. Part of bactrian.hpp.
#ifndef BACTRIAN_BASE_HPP
#define BACTRIAN_BASE_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../bactrian.h"

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

}  // namespace bactrian

#endif  // BACTRIAN_BASE_HPP
