// The fields of conditions, by elbv2's names.
#pragma once

#include <string_view>

#include "base/elb/document.h"

namespace multiaz::elb {

struct FieldName {
  Field field;
  std::string_view name;
  std::string_view config;  // the object with its values
};
inline constexpr FieldName kFieldNames[] = {
    {Field::kHostHeader, "host-header", "HostHeaderConfig"},
    {Field::kPathPattern, "path-pattern", "PathPatternConfig"},
    {Field::kHttpHeader, "http-header", "HttpHeaderConfig"},
    {Field::kMethod, "http-request-method", "HttpRequestMethodConfig"},
    {Field::kQueryString, "query-string", "QueryStringConfig"},
    {Field::kSourceIp, "source-ip", "SourceIpConfig"},
};

}  // namespace multiaz::elb
