#include "lb/local_answer.h"

#include "base/http/date.h"
#include "base/wire/http.h"

namespace multiaz::lb {

namespace {

std::string whole(wire::http::ResponseHead head, const std::string& body, AnswerForm form) {
  head.keep_alive = form.keep_alive;
  head.to_old_client = form.old_client;
  head.body = wire::http::BodyKind::kLength;
  head.content_length = body.size();
  if (form.head_request) {
    head.body = wire::http::BodyKind::kNone;
    head.headers.add("Content-Length", std::to_string(body.size()));
  }
  std::string out;
  wire::http::write_response_head(head, out);
  if (!form.head_request && head.status != 204) out.append(body);
  return out;
}

wire::http::ResponseHead head_of(int status, const std::string& content_type) {
  wire::http::ResponseHead out;
  out.status = status;
  out.headers.add("Server", "awselb/2.0");
  out.headers.add("Date", http::http_date_now());
  out.headers.add("Content-Type", content_type);
  return out;
}

}  // namespace

std::string redirect_answer(int status, const std::string& location, AnswerForm form) {
  wire::http::ResponseHead head = head_of(status, "text/html");
  head.headers.add("Location", location);
  const std::string title =
      std::to_string(status) + " " + std::string(wire::http::status_text(status));
  const std::string page = "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n" +
                           "<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n";
  return whole(std::move(head), page, form);
}

std::string fixed_answer(const elb::FixedResponse& response, AnswerForm form) {
  return whole(head_of(response.status, response.content_type), response.body, form);
}

}  // namespace multiaz::lb
