// Timelines as people see them, compared with approved pictures.
#include "support/approved.hpp"
#include "support/catch.hpp"
#include "support/sample_traces.hpp"
#include "timeline/svg.hpp"
#include "timeline/terminal.hpp"
#include "timeline/why.hpp"

namespace test = msdemo::test;
namespace timeline = msdemo::timeline;
namespace trace = msdemo::trace;

namespace {

struct Story {
  std::string name;
  std::string title;
  std::vector<trace::SpanRecord> spans;
};

std::vector<Story> stories() {
  return {
      {"sync_order", "order 17: book for Ada, confirmed in 4.83 ms", test::sync_order().spans()},
      {"unknown_user", "no order: there is no user 7", test::order_of_unknown_user()},
      {"user_down", "no order: the user service is down", test::order_while_user_is_down()},
      {"user_killed", "no order: the user service died", test::order_while_user_is_killed()},
      {"order_killed", "perhaps an order: the order service died",
       test::order_while_order_is_killed()},
      {"user_paused", "no order: the user service is paused", test::order_while_user_is_paused()},
      {"fast_read", "user 1: Ada", test::fast_read()},
      {"names", "本 cafe\u0301 שלום \x1b[31m for Ada", test::names_of_the_world()},
  };
}

}  // namespace

TEST_CASE("timelines look as approved", "[timeline]") {
  for (const Story& story : stories()) {
    for (const int columns : {60, 100, 200}) {
      timeline::DrawOptions options;
      options.columns = columns;
      options.title = {story.title};
      test::check_approved("timeline_" + story.name + "_" + std::to_string(columns),
                           timeline::draw(timeline::lay_out(story.spans), options));
    }
  }
}

TEST_CASE("timelines of messages look as approved", "[timeline]") {
  const std::vector<Story> messages{
      {"async_order", "order 18: book for Ada, confirmed in 4.64 ms", test::async_order().spans()},
      {"async_redelivered", "order 18: book for Ada, confirmed in 18.7 ms",
       test::async_order_redelivered()},
      {"async_queued", "order 18: book, pending", test::async_order_in_the_queue()},
  };
  for (const Story& story : messages) {
    for (const int columns : {60, 80, 120}) {
      timeline::DrawOptions options;
      options.columns = columns;
      options.title = {story.title};
      test::check_approved("timeline_" + story.name + "_" + std::to_string(columns),
                           timeline::draw(timeline::lay_out(story.spans), options));
    }
  }
}

TEST_CASE("timelines with decisions and their explanations look as approved", "[timeline]") {
  const std::vector<Story> decided{
      {"retries", "order 7: book for Ada", test::order_with_retries().spans()},
      {"breaker_open", "no order: the breaker is open",
       test::order_while_breaker_is_open().spans()},
      {"deadline", "no order: too late", test::order_past_its_deadline().spans()},
      {"latency", "order 7: book for Ada", test::order_with_latency().spans()},
      {"fallback", "order 7: book for Ada", test::order_with_fallback().spans()},
      {"poison", "order 18: book, failed", test::async_order_poisoned().spans()},
  };
  for (const Story& story : decided) {
    for (const int columns : {60, 80, 120}) {
      timeline::DrawOptions options;
      options.columns = columns;
      options.title = {story.title};
      options.why_command = "msdemo why 0af7651916cd43dd8448eb211c80319c";
      const std::string name = story.name + "_" + std::to_string(columns);
      test::check_approved("timeline_" + name,
                           timeline::draw(timeline::lay_out(story.spans), options));
      test::check_approved("why_" + name, timeline::format_explanation(
                                              timeline::explain(story.spans), columns, false));
    }
  }
}

TEST_CASE("comparisons look as approved", "[timeline]") {
  const timeline::Layout layout = timeline::compare(test::compared_orders());
  for (const int columns : {60, 80, 120}) {
    timeline::DrawOptions options;
    options.columns = columns;
    options.title = {"3 orders of each style, user latency 100 ms"};
    test::check_approved("compare_" + std::to_string(columns), timeline::draw(layout, options));
    options.color = true;
    if (columns == 80) test::check_approved("compare_80_color", timeline::draw(layout, options));
  }
}

TEST_CASE("timelines in colour look as approved", "[timeline]") {
  for (const Story& story : stories()) {
    if (story.name != "sync_order" && story.name != "user_killed") continue;
    timeline::DrawOptions options;
    options.columns = 100;
    options.color = true;
    options.title = {story.title};
    test::check_approved("timeline_" + story.name + "_100_color",
                         timeline::draw(timeline::lay_out(story.spans), options));
  }
}

TEST_CASE("drawn timelines look as approved", "[timeline]") {
  const std::vector<Story> drawn{
      {"sync_order", "", test::sync_order().spans()},
      {"async_order", "", test::async_order().spans()},
      {"async_queued", "", test::async_order_in_the_queue()},
      {"retries", "", test::order_with_retries().spans()},
      {"poison", "", test::async_order_poisoned().spans()},
      {"user_killed", "", test::order_while_user_is_killed()},
  };
  for (const Story& story : drawn) {
    timeline::SvgOptions options;
    options.title = timeline::explain(story.spans).headline;
    options.subtitle = "trace 0af7651916cd43dd8448eb211c80319c";
    options.why_command = "msdemo why 0af7651916cd43dd8448eb211c80319c";
    test::check_approved("svg_" + story.name,
                         timeline::draw_svg(timeline::lay_out(story.spans), options));
  }
}
