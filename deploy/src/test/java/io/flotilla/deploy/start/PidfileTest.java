package io.flotilla.deploy.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PidfileTest {
  @TempDir private Path directory;

  @Test
  void whoHoldsItIsNotOverwritten() throws IOException {
    Path file = directory.resolve("node-1.pid");
    String pid = ProcessHandle.current().pid() + "\n";
    Pidfile first = Pidfile.hold(file);
    assertThat(file).hasContent(pid);
    assertThatThrownBy(() -> Pidfile.hold(file))
        .isInstanceOf(IOException.class)
        .hasMessage(file + " is held by process " + pid.strip() + ", which runs");
    assertThat(file).hasContent(pid);
    first.close();
    Pidfile.hold(file).close();
  }

  @Test
  void whatACrashLeftIsReplaced() throws IOException {
    Path file = Files.writeString(directory.resolve("node-1.pid"), "123456789012345\n");
    Pidfile.hold(file).close();
    assertThat(file).hasContent(ProcessHandle.current().pid() + "\n");
  }
}
