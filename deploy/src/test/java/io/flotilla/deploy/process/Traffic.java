package io.flotilla.deploy.process;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Writers and readers that go on until told to stop, whatever fails meanwhile; what they saw is in
 * the ledger. A write with an unknown outcome may take effect at any later time, so its writer
 * never touches that key again.
 */
final class Traffic implements AutoCloseable {
  private static final int KEYS_PER_WRITER = 16;

  private final Ledger ledger;
  private final Map<String, Keys> keysByWriter = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<Throwable> bug = new AtomicReference<>();
  private volatile boolean stopped;

  Traffic(Ledger ledger) {
    this.ledger = ledger;
  }

  void writeThroughSdk(FlotillaClient client, int writer) {
    KvClient kv = client.keyspace("redis");
    Keys keys = keys("sdk-" + writer);
    run(
        "sdk-writer-" + writer,
        keys,
        turn -> {
          String key = keys.key(turn);
          long number = ledger.send(key);
          kv.sync().put(Bytes.utf8(key), Bytes.utf8(Long.toString(number)));
          ledger.acknowledge(key, number);
        });
  }

  void readThroughSdk(FlotillaClient client, int writer) {
    KvClient kv = client.keyspace("redis");
    Keys keys = keys("sdk-" + writer);
    run(
        "sdk-reader-" + writer,
        new Keys("none"),
        turn -> {
          String key = keys.key(turn);
          long least = ledger.least(key);
          ledger.read(key, least, kv.sync().get(Bytes.utf8(key)));
        });
  }

  /** One connection at a time, made again when it is lost. */
  void writeThroughRedis(String address, int writer) {
    String host = address.substring(0, address.lastIndexOf(':'));
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    AtomicReference<Jedis> connection = new AtomicReference<>();
    Keys keys = keys("redis-" + writer);
    run(
        "redis-writer-" + writer,
        keys,
        turn -> {
          try {
            if (connection.get() == null) {
              connection.set(new Jedis(host, port));
            }
            String key = keys.key(turn);
            long number = ledger.send(key);
            connection.get().set(key, Long.toString(number));
            ledger.acknowledge(key, number);
            long least = ledger.least(key);
            String value = connection.get().get(key);
            ledger.read(key, least, java.util.Optional.ofNullable(value).map(Bytes::utf8));
          } catch (JedisException e) {
            if (connection.get() != null) {
              connection.get().close();
              connection.set(null);
            }
            throw new KvRetry(e);
          }
        });
  }

  /** One thing that a client does again and again. */
  private interface Step {
    void take(long turn);
  }

  private static final class KvRetry extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KvRetry(Throwable cause) {
      super(cause);
    }
  }

  /** The keys that one writer has not lost sight of. */
  private static final class Keys {
    private final String prefix;
    private final AtomicLong generation = new AtomicLong();

    Keys(String prefix) {
      this.prefix = prefix;
    }

    String key(long turn) {
      return prefix + "-" + generation.get() + "-" + turn % KEYS_PER_WRITER;
    }

    void abandon() {
      generation.incrementAndGet();
    }
  }

  private Keys keys(String prefix) {
    return keysByWriter.computeIfAbsent(prefix, Keys::new);
  }

  private void run(String name, Keys keys, Step step) {
    Thread thread =
        new Thread(
            () -> {
              for (long turn = 0; !stopped; turn++) {
                try {
                  step.take(turn);
                } catch (KvException | KvRetry e) {
                  keys.abandon();
                } catch (RuntimeException e) {
                  bug.compareAndSet(null, e);
                  return;
                }
              }
            },
            name);
    threads.add(thread);
    thread.start();
  }

  void throwBug() {
    Throwable problem = bug.get();
    if (problem != null) {
      throw new AssertionError("a client failed in a way that no client should", problem);
    }
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    throwBug();
  }
}
