package io.flotilla.deploy.local;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The processes of one directory. */
final class LocalCluster {
  static final String FILE = "local.json";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path directory;
  private final List<LocalProcess> processes;

  LocalCluster(Path directory, List<LocalProcess> processes) {
    this.directory = directory;
    this.processes = List.copyOf(processes);
  }

  static boolean existsIn(Path directory) {
    return Files.exists(directory.resolve(FILE));
  }

  static LocalCluster open(Path directory) {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      throw new LocalException(
          directory + " holds no local cluster (no " + FILE + "); 'local up --dir' makes one");
    }
    try {
      return new LocalCluster(
          directory, JSON.readValue(file.toFile(), new TypeReference<List<LocalProcess>>() {}));
    } catch (IOException e) {
      throw new LocalException(file + " cannot be read: " + e.getMessage());
    }
  }

  void save() throws IOException {
    Path part = directory.resolve(FILE + ".part");
    JSON.writeValue(part.toFile(), processes);
    Files.move(part, directory.resolve(FILE), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  Path directory() {
    return directory;
  }

  List<LocalProcess> processes() {
    return processes;
  }

  List<LocalProcess> ofRole(String role) {
    return processes.stream().filter(process -> process.role().equals(role)).toList();
  }

  /** The same with one more, not saved. */
  LocalCluster with(LocalProcess process) {
    List<LocalProcess> more = new ArrayList<>(processes);
    more.add(process);
    return new LocalCluster(directory, more);
  }

  /** The same without this one, not saved; somebody has to be left who knows the cluster. */
  LocalCluster without(LocalProcess process) {
    List<LocalProcess> fewer = new ArrayList<>(processes);
    fewer.remove(process);
    if (fewer.stream().noneMatch(each -> each.role().equals("placement"))) {
      throw new LocalException(process.name() + " is all that is left of placement");
    }
    return new LocalCluster(directory, fewer);
  }

  /** The one with this name. */
  LocalProcess process(String name) {
    return named(name).stream()
        .filter(process -> process.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new LocalException("no process '" + name + "'"));
  }

  /**
   * The highest number in the names of a role's processes and of what those that were forgotten
   * have left here, data of a removed identity among it: a new one must have neither.
   */
  int lastNumber(String role) throws IOException {
    Pattern numbered = Pattern.compile(Pattern.quote(role) + "-(\\d{1,9})(\\..*)?");
    try (Stream<Path> files = Files.list(directory)) {
      return Stream.concat(
              processes.stream().map(LocalProcess::name),
              files.map(file -> String.valueOf(file.getFileName())))
          .map(numbered::matcher)
          .filter(Matcher::matches)
          .mapToInt(name -> Integer.parseInt(name.group(1)))
          .max()
          .orElse(0);
    }
  }

  /**
   * @param name a process's name, a role for all of that role, or "all"
   */
  List<LocalProcess> named(String name) {
    List<LocalProcess> found =
        processes.stream()
            .filter(p -> name.equals("all") || p.name().equals(name) || p.role().equals(name))
            .toList();
    if (found.isEmpty()) {
      throw new LocalException(
          "no process '"
              + name
              + "'; there are "
              + String.join(", ", processes.stream().map(LocalProcess::name).toList())
              + ", a role's name for all of a role, and 'all'");
    }
    return found;
  }

  /** Placement's addresses, as {@code --endpoints} takes them. */
  String endpoints() {
    return String.join(",", ofRole("placement").stream().map(LocalProcess::ready).toList());
  }

  /** The last lines that a process wrote, to say why it ended. */
  static String lastLines(LocalProcess process, int lines) {
    try (Stream<String> all = Files.lines(process.log())) {
      List<String> text = all.toList();
      return String.join("\n", text.subList(Math.max(0, text.size() - lines), text.size()));
    } catch (IOException e) {
      return "(its log cannot be read: " + e.getMessage() + ")";
    }
  }
}
