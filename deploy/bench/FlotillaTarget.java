import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import peers.core.Target;

/** Flotilla's SDK behind the comparison driver's interface. Options: endpoints, keyspace. */
public final class FlotillaTarget implements Target {
  private FlotillaClient client;
  private KvClient kv;

  @Override
  public void open(Map<String, String> options) {
    client = FlotillaClient.connect(ClientConfig.of(List.of(options.get("endpoints").split(",", -1))));
    String keyspace = options.getOrDefault("keyspace", "redis");
    client.awaitKeyspace(keyspace, Duration.ofSeconds(10)).join();
    kv = client.keyspace(keyspace);
  }

  @Override
  public CompletableFuture<?> put(byte[] key, byte[] value) {
    return kv.put(Bytes.wrap(key), Bytes.wrap(value));
  }

  @Override
  public CompletableFuture<byte[]> get(byte[] key) {
    return kv.get(Bytes.wrap(key)).thenApply(value -> value.map(Bytes::toByteArray).orElse(null));
  }

  @Override
  public void close() {
    client.close();
  }
}
