package io.flotilla.deploy.process;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.SyncKvClient;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** A way into the cluster, for one client at a time, in the words of the model. */
interface StoreDoor extends AutoCloseable {
  /** It was not answered; {@link #certainlyNot} if it surely never takes effect. */
  final class UnansweredException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean certainlyNot;

    UnansweredException(boolean certainlyNot, Throwable cause) {
      super(cause);
      this.certainlyNot = certainlyNot;
    }

    boolean certainlyNot() {
      return certainlyNot;
    }
  }

  /** Blocks until it is answered, or will not be. */
  Outcome ask(String key, Action action) throws UnansweredException;

  /** Whether it is asked to compare, too. */
  boolean compares();

  @Override
  default void close() {}

  /** Through the SDK. */
  record Sdk(SyncKvClient kv) implements StoreDoor {
    @Override
    public Outcome ask(String key, Action action) throws UnansweredException {
      try {
        return told(Bytes.utf8(key), action);
      } catch (KvException e) {
        throw new UnansweredException(!e.outcomeUnknown(), e);
      }
    }

    private Outcome told(Bytes key, Action action) {
      if (action instanceof Action.Put put) {
        kv.put(key, Bytes.utf8(put.value().text()));
        return Outcome.done();
      } else if (action instanceof Action.Delete) {
        return new Outcome.Took(kv.delete(key));
      } else if (action instanceof Action.Increment increment) {
        return new Outcome.Number(kv.increment(key, increment.by()));
      } else if (action instanceof Action.Append append) {
        return new Outcome.Number(kv.append(key, Bytes.utf8(append.suffix())));
      } else if (action instanceof Action.CompareAndSet cas) {
        return new Outcome.Took(
            kv.compareAndSet(key, bytes(cas.expected()), bytes(cas.value())).swapped());
      }
      return saw(kv.get(key).map(Bytes::asUtf8));
    }

    private static Optional<Bytes> bytes(Value value) {
      return value.equals(Value.ABSENT) ? Optional.empty() : Optional.of(Bytes.utf8(value.text()));
    }

    @Override
    public boolean compares() {
      return true;
    }
  }

  /** Through the gateway, with one connection at a time, made again when it is lost. */
  final class Redis implements StoreDoor {
    private final String host;
    private final int port;
    private @Nullable Jedis connection;

    Redis(String address) {
      this.host = address.substring(0, address.lastIndexOf(':'));
      this.port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    @Override
    public Outcome ask(String key, Action action) throws UnansweredException {
      Jedis redis = connected();
      try {
        return told(redis, key, action);
      } catch (JedisDataException e) { // the gateway's own words
        throw new UnansweredException(!e.getMessage().startsWith("UNKNOWN"), e);
      } catch (JedisException e) {
        close();
        throw new UnansweredException(false, e);
      }
    }

    private Jedis connected() throws UnansweredException {
      Jedis redis = connection;
      if (redis == null) {
        redis = new Jedis(host, port);
        try {
          redis.connect();
        } catch (JedisException e) { // no command was sent
          redis.close();
          throw new UnansweredException(true, e);
        }
        connection = redis;
      }
      return redis;
    }

    private static Outcome told(Jedis redis, String key, Action action) {
      if (action instanceof Action.Put put) {
        redis.set(key, put.value().text());
        return Outcome.done();
      } else if (action instanceof Action.Delete) {
        return new Outcome.Took(redis.del(key) == 1);
      } else if (action instanceof Action.Increment increment) {
        return new Outcome.Number(redis.incrBy(key, increment.by()));
      } else if (action instanceof Action.Append append) {
        return new Outcome.Number(redis.append(key, append.suffix()));
      } else if (action instanceof Action.Get) {
        return saw(Optional.ofNullable(redis.get(key)));
      }
      throw new IllegalArgumentException("not among Redis' commands: " + action);
    }

    @Override
    public boolean compares() {
      return false;
    }

    @Override
    public void close() {
      if (connection != null) {
        connection.close();
        connection = null;
      }
    }
  }

  private static Outcome saw(Optional<String> text) {
    return new Outcome.Saw(text.map(Value::of).orElse(Value.ABSENT));
  }
}
