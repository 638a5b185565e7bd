package io.flotilla.deploy.local;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
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
   * arguments.
   */
  private boolean isOurs(ProcessHandle process) {
    Optional<String[]> arguments = process.info().arguments();
    return arguments.isEmpty() || List.of(arguments.get()).contains(pidfile);
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

  /** Starts it in the background; what it prints goes to its log. */
  Process start() {
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
