#include "lb/error_page.h"

#include "base/http/date.h"
#include "base/wire/http.h"

namespace multiaz::lb {

namespace {

std::string reason_of(int status) {
  if (status == 503) return "Service Temporarily Unavailable";
  if (status == 504) return "Gateway Time-out";
  return std::string(wire::http::status_text(status));
}

}  // namespace

std::string error_answer(int status, bool keep_alive, bool head_request, Executed executed) {
  wire::http::ResponseHead head;
  head.status = status;
  head.reason = reason_of(status);
  const std::string title = std::to_string(status) + " " + head.reason;
  const std::string page = "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n" +
                           "<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n";
  head.headers.add("Server", "awselb/2.0");
  head.headers.add("Date", http::http_date_now());
  head.headers.add("Content-Type", "text/html");
  if (status == 405) head.headers.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  if (executed == Executed::kNever) head.headers.add("X-Not-Executed", "1");
  head.keep_alive = keep_alive;
  head.body = wire::http::BodyKind::kLength;
  head.content_length = page.size();
  if (head_request) {
    head.body = wire::http::BodyKind::kNone;
    head.headers.add("Content-Length", std::to_string(page.size()));
  }
  std::string out;
  wire::http::write_response_head(head, out);
  if (!head_request) out.append(page);
  return out;
}

}  // namespace multiaz::lb
