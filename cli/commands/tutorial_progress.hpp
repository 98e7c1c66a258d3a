// How far a learner has come, so that `tutorial` can tell what is next.
#pragma once

#include <filesystem>
#include <string>

namespace msdemo::commands {

enum class Milestone {
  run,     ///< the chapter, to its end
  solved,  ///< its exercise
};

/// Remembered beside the labs' state, for all labs of this user. Being told wrong is harmless, so
/// whoever cannot write there loses nothing but this.
class TutorialProgress {
 public:
  /// Finds the place by the environment as it is now.
  TutorialProgress();

  /// A chapter's name is as it is asked for: `3`, `fastapi`.
  bool reached(const std::string& chapter, Milestone milestone) const;
  void remember(const std::string& chapter, Milestone milestone) const;

 private:
  std::filesystem::path mark(const std::string& chapter, Milestone milestone) const;

  std::filesystem::path folder_;  ///< empty if the environment names no place for state
};

}  // namespace msdemo::commands
