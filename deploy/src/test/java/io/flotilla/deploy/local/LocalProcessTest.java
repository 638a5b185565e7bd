package io.flotilla.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which process is ours, and whether it serves. */
class LocalProcessTest {
  @TempDir private Path directory;

  private ServerSocket listener;
  private String pidfile;
  private LocalProcess node;

  @BeforeEach
  void describe() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    pidfile = directory.resolve("node-1.pid").toString();
    String ready = "127.0.0.1:" + listener.getLocalPort();
    node =
        new LocalProcess(
            "node-1", "node", pidfile, List.of("sleep", "30", pidfile), ready, Map.of());
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
  }

  /** A shell that waits, with these arguments behind it. */
  private Process shell(String script, String... arguments) throws IOException {
    List<String> command = new java.util.ArrayList<>(List.of("sh", "-c", script));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).start();
  }

  private void writePid(long pid) throws IOException {
    Files.writeString(Path.of(pidfile), pid + "\n");
  }

  @Test
  void oursIsWhoHasThePidfileAmongItsArguments() throws Exception {
    Process ours = shell("read line", "sh", pidfile);
    Process stranger = shell("read line", "sh");
    try {
      writePid(stranger.pid());
      assertThat(node.handle()).isEmpty();
      assertThat(node.serves()).as("a stranger listens").isFalse();
      writePid(ours.pid());
      assertThat(node.handle()).contains(ours.toHandle());
      assertThat(node.serves()).isTrue();
      assertThat(node.ends(ours.toHandle(), Duration.ZERO)).isFalse();
      node.kill(ours.toHandle());
      assertThat(node.handle()).isEmpty();
    } finally {
      ours.destroyForcibly();
      stranger.destroyForcibly();
    }
  }

  @Test
  void whoHasEndedAndWasNotTakenNoticeOfIsNotRunning() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/stat")), "only Linux shows those");
    Process parent = shell("sh -c 'exit 0' " + pidfile + " & echo $!; exec sleep 30");
    try (BufferedReader out = parent.inputReader()) {
      long pid = Long.parseLong(out.readLine());
      await().until(() -> Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z "));
      writePid(pid);
      ProcessHandle ended = ProcessHandle.of(pid).orElseThrow();
      assertThat(ended.isAlive()).as("as Java has it").isTrue();
      assertThat(node.handle()).isEmpty();
      assertThat(node.ends(ended, Duration.ZERO)).isTrue();
      assertThat(LocalDownCommand.stop(List.of(node))).isZero();
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void isNotStartedWhereAStrangerListens() {
    assertThatThrownBy(node::start)
        .isInstanceOf(LocalException.class)
        .hasMessage(
            "node-1 is not started: another process listens at " + node.ready() + " already");
  }

  @Test
  void aStrangersListenerIsNotWaitedFor() throws IOException {
    Files.createFile(node.log());
    assertThatThrownBy(() -> LocalStart.awaitListening(List.of(node), System.nanoTime()))
        .isInstanceOf(LocalException.class)
        .hasMessageContaining("node-1 does not run");
  }
}
