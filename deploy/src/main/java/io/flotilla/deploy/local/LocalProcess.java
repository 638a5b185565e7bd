package io.flotilla.deploy.local;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One process of a local cluster, as {@code local.json} describes it.
 *
 * @param pidfile written, and held locked, by the process itself
 * @param restart arguments that start it again in the foreground
 * @param ready host:port that accepts connections when it is up; for a gateway, its Redis port
 * @param listeners every other address it listens on, by name
 */
public record LocalProcess(
    String name,
    String role,
    String pidfile,
    List<String> restart,
    String ready,
    Map<String, String> listeners) {
  private static final int CONNECT_TIMEOUT_MILLIS = 500;
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);
  private static final long POLL_MILLIS = 20;

  /** The running process, if the pid file names one that runs and is one of ours. */
  Optional<ProcessHandle> handle() {
    Path file = Path.of(pidfile);
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      String pid = Files.readString(file).strip();
      return pid.isEmpty() // about to be written
          ? Optional.empty()
          : ProcessHandle.of(Long.parseLong(pid))
              .filter(ProcessHandle::isAlive)
              .filter(this::isOurs);
    } catch (IOException | NumberFormatException e) {
      throw new LocalException(pidfile + " cannot be read as a process id: " + e.getMessage());
    }
  }

  /**
   * A pid may have been given to a stranger meanwhile; nobody else has our pid file among its
   * arguments. Who has ended, but whose parent does not take notice, has none.
   */
  private boolean isOurs(ProcessHandle process) {
    return arguments(process).contains(pidfile);
  }

  /** From Linux itself where that is possible: Java gives none when they are many. */
  private static List<String> arguments(ProcessHandle process) {
    Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    if (Files.exists(file)) {
      try {
        return List.of(Files.readString(file).split("\0", -1));
      } catch (IOException e) {
        return List.of(); // it has ended just now
      }
    }
    return process.info().arguments().map(List::of).orElse(List.of());
  }

  /** Whether it has ended when it was waited for; not longer than {@code patience}. */
  boolean ends(ProcessHandle process, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (process.isAlive() && isOurs(process)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(POLL_MILLIS);
    }
    return true;
  }

  /** Ends it as a crash would. */
  void kill(ProcessHandle process) throws InterruptedException {
    process.destroyForcibly();
    if (!ends(process, KILL_PATIENCE)) {
      throw new LocalException(
          name + " (pid " + process.pid() + ") does not end, though it was killed");
    }
  }

  /** Whether it runs, and something accepts connections where it listens. */
  boolean serves() {
    return handle().isPresent() && accepts();
  }

  boolean accepts() {
    int colon = ready.lastIndexOf(':');
    InetSocketAddress address =
        new InetSocketAddress(
            ready.substring(0, colon), Integer.parseInt(ready.substring(colon + 1)));
    try (Socket socket = new Socket()) {
      socket.connect(address, CONNECT_TIMEOUT_MILLIS);
      return true;
    } catch (IOException e) {
      return false; // not yet, or no longer: that is the answer
    }
  }

  Path log() {
    return Path.of(pidfile.substring(0, pidfile.length() - ".pid".length()) + ".log");
  }

  /**
   * Starts it in the background; what it prints goes to its log.
   *
   * @throws LocalException also if a stranger listens where it is to: that must not be taken for it
   */
  Process start() {
    if (accepts()) {
      throw new LocalException(
          name + " is not started: another process listens at " + ready + " already");
    }
    try {
      return new ProcessBuilder(restart)
          .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
          .start();
    } catch (IOException e) {
      throw new LocalException(name + " cannot be started: " + e.getMessage());
    }
  }
}
