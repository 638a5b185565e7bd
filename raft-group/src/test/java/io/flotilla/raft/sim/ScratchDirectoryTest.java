package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchDirectoryTest {
  private static final String PREFIX = "flotilla-scratch";

  /** No system has so many. */
  private static final long PID_OF_NOBODY = 1L << 40;

  @TempDir private Path parent;

  @Test
  void isThereFromItsFirstUseUntilItIsClosed() throws Exception {
    Path path;
    try (ScratchDirectory directory = new ScratchDirectory(PREFIX)) {
      path = directory.path();
      assertThat(directory.path()).isEqualTo(path).isEmptyDirectory();
      Files.writeString(Files.createDirectory(path.resolve("a")).resolve("b"), "c");
    }
    assertThat(path).doesNotExist();
    new ScratchDirectory(PREFIX).close();
  }

  @Test
  void whatTheDeadHaveLeftIsDeletedAndNothingElse() throws Exception {
    Path dead = Files.createDirectory(parent.resolve(PREFIX + "-" + PID_OF_NOBODY + "-1"));
    Files.writeString(Files.createDirectory(dead.resolve("a")).resolve("b"), "c");
    Path alive =
        Files.createDirectory(parent.resolve(PREFIX + "-" + ProcessHandle.current().pid() + "-1"));
    Path other = Files.createDirectory(parent.resolve("other-" + PID_OF_NOBODY + "-1"));

    ScratchDirectory.tidy(parent, PREFIX);

    try (var left = Files.list(parent)) {
      assertThat(left).containsExactlyInAnyOrder(alive, other);
    }
  }
}
