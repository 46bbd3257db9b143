// The fields of a request, read by type. null is as good as absent, as in AWS. Another type is a
// SerializationException ("Limit: STRING_VALUE cannot be converted to Integer"), a value that is
// not allowed a ValidationException that names what is.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "awsapi/dynamodb/fault.h"

namespace multiaz::awsapi::dynamodb {

// nullptr as the fallback: the field must be there.
Outcome<std::string> text_field(const nlohmann::json& in, const char* name, const char* fallback);
// One of the words; absent = the fallback.
Outcome<std::string> word_field(const nlohmann::json& in, const char* name, const char* fallback,
                                std::initializer_list<std::string_view> allowed);
Outcome<bool> flag_field(const nlohmann::json& in, const char* name, bool fallback = false);
// nullopt = absent. Within [low, high].
Outcome<std::optional<int64_t>> number_field(const nlohmann::json& in, const char* name,
                                             int64_t low, int64_t high);
// The field of `in`; absent = an empty one.
Outcome<const nlohmann::json*> list_field(const nlohmann::json& in, const char* name);
Outcome<const nlohmann::json*> map_field(const nlohmann::json& in, const char* name);
// An element of a list or map that has to be a structure.
Done structure(const nlohmann::json& value, std::string_view name);

// "Value null at 'key' failed to satisfy constraint: Member must not be null"
Error missing(std::string_view name);

}  // namespace multiaz::awsapi::dynamodb
