package io.flotilla.deploy.local;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which local cluster: a mixin of every verb. */
final class DirectoryOption {
  @Option(
      names = "--dir",
      required = true,
      paramLabel = "D",
      description = "Directory of the cluster.")
  private Path directory = Path.of(".");

  /** Absolute, so that what is printed can be used from anywhere. */
  Path path() {
    return directory.toAbsolutePath().normalize();
  }

  LocalCluster cluster() {
    return LocalCluster.open(path());
  }
}
