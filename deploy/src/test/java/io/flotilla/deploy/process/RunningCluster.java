package io.flotilla.deploy.process;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.FlotillaClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A cluster of real processes, started and stopped by the launcher as a user would. */
final class RunningCluster implements AutoCloseable {
  private static final Path LAUNCHER = Path.of("flotilla").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** As in local.json. */
  record Member(String name, String role, Path pidfile, List<String> restart, String ready) {
    long pid() {
      try {
        return Long.parseLong(Files.readString(pidfile).strip());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** What it says. */
    Path log() {
      String name = pidfile.getFileName().toString();
      return pidfile.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".log");
    }
  }

  private final Path directory;
  private final Map<String, String> environment;
  private final List<Member> members = new ArrayList<>();

  private RunningCluster(Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = environment;
  }

  static RunningCluster up(Path directory, String... options) throws Exception {
    return up(directory, Map.of(), options);
  }

  /**
   * @param environment of its processes, beside this one's
   */
  static RunningCluster up(Path directory, Map<String, String> environment, String... options)
      throws Exception {
    RunningCluster cluster = new RunningCluster(directory, environment);
    List<String> arguments = new ArrayList<>(List.of("local", "up", "--dir", directory.toString()));
    arguments.addAll(List.of(options));
    try {
      cluster.launch(120, arguments);
      cluster.read();
    } catch (AssertionError | Exception failed) { // whatever did start must not stay behind
      try {
        cluster.close();
      } catch (AssertionError | Exception alsoFailed) {
        failed.addSuppressed(alsoFailed);
      }
      throw failed;
    }
    return cluster;
  }

  /** Starts more storage nodes. */
  void addNodes(int count) throws Exception {
    launch(
        120,
        List.of("local", "add", "--dir", directory.toString(), "--nodes", Integer.toString(count)));
    read();
  }

  /** Adds a member to placement, and starts it. */
  void addPlacement() throws Exception {
    launch(120, List.of("local", "add", "--dir", directory.toString(), "--placement", "1"));
    read();
  }

  /** Stops one that the cluster has removed, and starts it no more. */
  void forget(String name) throws Exception {
    launch(60, List.of("local", "forget", "--dir", directory.toString(), name));
    read();
  }

  private void read() throws IOException {
    members.clear();
    for (JsonNode process : new ObjectMapper().readTree(directory.resolve("local.json").toFile())) {
      List<String> restart = new ArrayList<>();
      process.get("restart").forEach(word -> restart.add(word.asText()));
      members.add(
          new Member(
              process.get("name").asText(),
              process.get("role").asText(),
              Path.of(process.get("pidfile").asText()),
              restart,
              process.get("ready").asText()));
    }
  }

  /** Runs the launcher; its output is the message if it fails. */
  String launch(int seconds, List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(arguments);
    Path output = Files.createTempFile("launched", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder
          .environment()
          .put("FLOTILLA_NO_BUILD", "1"); // Maven is running: what it packaged is what is tested
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            arguments + " not done in " + seconds + " s:\n" + Files.readString(output));
      }
      String said = Files.readString(output);
      if (process.exitValue() != 0) {
        throw new AssertionError(arguments + " ended with " + process.exitValue() + ":\n" + said);
      }
      return said;
    } finally {
      Files.delete(output);
    }
  }

  List<Member> members() {
    return members;
  }

  Member member(String name) {
    return members.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow();
  }

  /** The process that is this node now. */
  Member node(FlotillaClient client, long id) {
    String address =
        FlotillaClient.await(client.admin().nodes()).stream()
            .filter(node -> node.id() == id)
            .findFirst()
            .orElseThrow()
            .address();
    return members.stream().filter(m -> m.ready().equals(address)).findFirst().orElseThrow();
  }

  /** Removes a node from the cluster once it has deleted what has left it: sooner is refused. */
  static void removeEmptied(FlotillaClient client, long node) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsMatching(
            e -> String.valueOf(e.getMessage()).contains("yet: it is deleting"))
        .untilAsserted(() -> FlotillaClient.await(client.admin().removeNode(node)));
  }

  String gateway() {
    return members.stream()
        .filter(m -> m.role().equals("gateway"))
        .findFirst()
        .orElseThrow()
        .ready();
  }

  List<String> endpoints() {
    return members.stream().filter(m -> m.role().equals("placement")).map(Member::ready).toList();
  }

  FlotillaClient connect() {
    return FlotillaClient.connect(ClientConfig.of(endpoints()));
  }

  /** SIGKILL, and gone when this returns. */
  void kill(Member member) throws Exception {
    ProcessHandle process = ProcessHandle.of(member.pid()).orElseThrow();
    process.destroyForcibly();
    process.onExit().get(10, TimeUnit.SECONDS);
  }

  /** SIGSTOP: it does nothing, and keeps all it has, until {@link #resume}. */
  void pause(Member member) throws Exception {
    signal("STOP", member);
  }

  void resume(Member member) throws Exception {
    signal("CONT", member);
  }

  private static void signal(String name, Member member) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(member.pid())).inheritIO().start();
    if (kill.waitFor() != 0) {
      throw new AssertionError(member.name() + " does not run any more");
    }
  }

  /** As the process of a node does that was removed; gone when this returns. */
  void awaitEnd(Member member) throws Exception {
    Optional<ProcessHandle> process = ProcessHandle.of(member.pid());
    if (process.isPresent()) {
      process.get().onExit().get(60, TimeUnit.SECONDS);
    }
  }

  /** SIGKILL to all at once, and all gone when this returns. */
  void killAll() throws Exception {
    List<ProcessHandle> processes = new ArrayList<>();
    for (Member member : members) {
      processes.add(ProcessHandle.of(member.pid()).orElseThrow());
    }
    processes.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle process : processes) {
      process.onExit().get(10, TimeUnit.SECONDS);
    }
  }

  /** Starts what does not run, and returns when all serves. */
  void restart() throws Exception {
    launch(120, List.of("local", "up", "--dir", directory.toString()));
  }

  @Override
  public void close() throws Exception {
    launch(60, List.of("local", "down", "--dir", directory.toString()));
  }
}
