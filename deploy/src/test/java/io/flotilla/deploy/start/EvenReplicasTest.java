package io.flotilla.deploy.start;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.flotilla.deploy.config.Settings;
import io.flotilla.placement.service.PlacementServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** An even number of replicas is allowed, and remarked on where nobody asked a command for it. */
class EvenReplicasTest {
  @TempDir private Path directory;
  private final Logger logger = (Logger) LoggerFactory.getLogger(PlacementServer.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void listenNoMore() {
    logger.detachAppender(log);
  }

  private List<String> warnings(int replicas) throws Exception {
    String address = "127.0.0.1:" + freePort();
    StartCommand.Role role = Roles.placement();
    Settings settings =
        Settings.load(
            role.keys(),
            Optional.empty(),
            Map.of(),
            List.of(
                "cluster.id=c",
                "data.dir=" + directory,
                "placement.member-id=1",
                "placement.members=1=" + address,
                "listen.host=127.0.0.1",
                "listen.port=" + address.substring(address.indexOf(':') + 1),
                "placement.replicas=" + replicas));
    role.start(settings, removed -> {}).close();
    return log.list.stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  @Test
  void theLogSaysWhatFourAreWorth() throws Exception {
    assertThat(warnings(4))
        .containsExactly(
            "placement.replicas: 4 replicas bear the loss of 1, no more than 3 would: an odd"
                + " number is better");
  }

  @Test
  void ofThreeItSaysNothing() throws Exception {
    assertThat(warnings(3)).isEmpty();
  }
}
