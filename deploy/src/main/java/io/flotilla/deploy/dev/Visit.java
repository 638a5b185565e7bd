package io.flotilla.deploy.dev;

import io.flotilla.deploy.local.Directories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An embedded cluster for as long as a command runs. However that ends, by itself, by a failure or
 * by SIGINT or SIGTERM, the cluster is closed and a temporary directory is deleted.
 */
public final class Visit {
  private static final Logger LOG = LoggerFactory.getLogger(Visit.class);
  private static final long PATIENCE_SECONDS = 30;

  private final Thread visitor = Thread.currentThread();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean asked;
  private volatile boolean interruptible; // what starts or closes is not disturbed

  /** What is done meanwhile; it is interrupted when the process is asked to end. */
  @FunctionalInterface
  public interface Deed {
    int on(EmbeddedCluster cluster) throws Exception;
  }

  Visit() {}

  /**
   * Starts a cluster, and does something with it. Blocks.
   *
   * @param kept an empty directory for the data; null: a temporary one
   * @param name of a temporary directory
   * @return what the deed returns; 0 if the process was asked to end
   */
  public static int to(
      @Nullable Path kept, String name, Function<Path, EmbeddedCluster.Plan> plan, Deed deed)
      throws Exception {
    return new Visit().stay(kept, name, plan, deed);
  }

  int stay(@Nullable Path kept, String name, Function<Path, EmbeddedCluster.Plan> plan, Deed deed)
      throws Exception {
    Path home = kept != null ? Directories.empty(kept) : Files.createTempDirectory(name);
    Runtime.getRuntime().addShutdownHook(new Thread(this::ask, "stop"));
    try {
      return run(plan.apply(home), deed);
    } catch (Exception e) {
      if (asked) {
        LOG.error("failed when it was asked to end", e); // nobody may be left to say it afterwards
      }
      throw e;
    } finally {
      if (kept == null) {
        Directories.delete(home);
      }
      ended.countDown();
    }
  }

  private int run(EmbeddedCluster.Plan plan, Deed deed) throws Exception {
    try (EmbeddedCluster cluster = EmbeddedCluster.start(plan)) {
      return run(cluster, deed);
    }
  }

  private int run(EmbeddedCluster cluster, Deed deed) throws Exception {
    try {
      interruptible = true;
      return asked ? 0 : deed.on(cluster);
    } catch (Exception e) {
      // What meets an interrupt throws that, or something of its own and leaves it set.
      if (asked && (Thread.interrupted() || e instanceof InterruptedException)) {
        LOG.debug("ended as it was asked to", e);
        return 0;
      }
      throw e;
    } finally {
      interruptible = false;
      boolean unused = Thread.interrupted();
    }
  }

  /** In the thread that ends the process, which waits here. */
  void ask() {
    asked = true;
    if (interruptible) {
      visitor.interrupt();
    }
    try {
      boolean unused = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
