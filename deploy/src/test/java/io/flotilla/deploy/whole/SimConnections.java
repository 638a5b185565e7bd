package io.flotilla.deploy.whole;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.raft.sim.SimNetwork;
import io.flotilla.raft.sim.World;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethod;
import io.flotilla.rpc.RpcStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one life of a simulated process: what {@link RpcCaller} promises, no more and
 * no sooner. Messages are handed over as they are, since nobody can change them. One thread.
 */
final class SimConnections implements RpcCaller {
  private static final long REFUSED_MICROS_MAX = 20_000;
  private static final Duration NEVER = Duration.ofDays(100);

  private final World world;
  private final SimNetwork<Runnable> network;
  private final SimProcess self;
  private final SimProcess.Life born;
  private final Function<String, SimProcess> hosts;
  private final RequestTap tap;
  private final Map<String, SimConnection> open = new HashMap<>();

  /** Sees each reply as it leaves. */
  interface RequestTap {
    void replied(SimProcess server, MessageLite request, MessageLite reply, long arrivedMicros);
  }

  /**
   * @param hosts by address
   */
  SimConnections(
      World world,
      SimNetwork<Runnable> network,
      SimProcess self,
      SimProcess.Life born,
      Function<String, SimProcess> hosts,
      RequestTap tap) {
    this.world = world;
    this.network = network;
    this.self = self;
    this.born = born;
    this.hosts = hosts;
    this.tap = tap;
  }

  @Override
  public <Q extends MessageLite, R extends MessageLite> CompletableFuture<R> call(
      String address, RpcMethod<Q, R> method, Q request, Duration timeout) {
    CompletableFuture<R> result = new CompletableFuture<>();
    Asked<Q, R> asked =
        new Asked<>(
            method,
            request,
            timeout,
            result::complete,
            why -> result.completeExceptionally(new RpcException(why)));
    begin(address, asked);
    after(
        Math.max(1, timeout.toNanos() / 1000),
        () -> asked.fails(ErrorCode.UNKNOWN_OUTCOME, "no answer in time"));
    return result;
  }

  @Override
  public <Q extends MessageLite, R extends MessageLite> RpcStream stream(
      String address,
      RpcMethod<Q, R> method,
      Q request,
      Consumer<R> onReply,
      Consumer<RpcException> onEnd) {
    Asked<Q, R> asked =
        new Asked<>(method, request, NEVER, onReply, why -> onEnd.accept(new RpcException(why)));
    begin(address, asked);
    return asked::leave;
  }

  private <Q extends MessageLite, R extends MessageLite> void begin(
      String address, Asked<Q, R> asked) {
    SimConnection connection = connection(address);
    if (connection == null) {
      after(refusalMicros(), () -> asked.fails(ErrorCode.UNAVAILABLE, address + " is not there"));
      return;
    }
    asked.through(connection, hosts.apply(address));
  }

  /** Has the caller learn something, if it lives so long. */
  private void after(long micros, Runnable news) {
    world.clock().after(micros, () -> self.during(born, news));
  }

  private long refusalMicros() {
    return world.chance().between(1, REFUSED_MICROS_MAX);
  }

  /** Null if nobody is there. */
  private @Nullable SimConnection connection(String address) {
    SimConnection known = open.get(address);
    if (known != null && !known.isBroken()) {
      return known;
    }
    SimProcess server = hosts.apply(address);
    SimProcess.Life alive = server.life();
    if (alive == null) {
      return null;
    }
    SimConnection fresh = new SimConnection(world, network, self, born, server, alive);
    open.put(address, fresh);
    return fresh;
  }

  /** A request, from its sending to its end; the caller's side and, when it arrives, the other. */
  private final class Asked<Q extends MessageLite, R extends MessageLite> {
    private final RpcMethod<Q, R> method;
    private final Q request;
    private final Duration timeout;
    private final Consumer<R> onReply;
    private final Consumer<ErrorDetail> onEnd;
    private boolean over;
    private @Nullable SimConnection connection;
    private @Nullable Served<Q, R> served;

    Asked(
        RpcMethod<Q, R> method,
        Q request,
        Duration timeout,
        Consumer<R> onReply,
        Consumer<ErrorDetail> onEnd) {
      this.method = method;
      this.request = request;
      this.timeout = timeout;
      this.onReply = onReply;
      this.onEnd = onEnd;
    }

    void through(SimConnection used, SimProcess server) {
      connection = used;
      used.ask(() -> arrives(used, server));
      used.onBroken(
          () ->
              after(
                  refusalMicros(), () -> fails(ErrorCode.UNKNOWN_OUTCOME, "the connection broke")));
    }

    private void arrives(SimConnection used, SimProcess server) {
      world.trace().add("asked", server.id(), method.id(), self.id(), method::name);
      Served<Q, R> begun = new Served<>(this, used, server);
      served = begun;
      if (server.server().knows(method)) {
        server.server().serve(method, begun);
      } else {
        begun.fail(ErrorCode.UNAVAILABLE, "does not serve yet");
      }
    }

    void reply(R reply) {
      if (!over) {
        over = !method.streaming();
        onReply.accept(reply);
      }
    }

    void fails(ErrorCode code, String why) {
      end(ErrorDetail.newBuilder().setCode(code.number()).setMessage(why).build());
    }

    void end(ErrorDetail why) {
      if (!over) {
        over = true;
        onEnd.accept(why);
      }
    }

    /** The caller wants no more of it. */
    void leave() {
      over = true;
      SimConnection used = connection;
      if (used != null && !used.isBroken()) {
        used.ask(
            () -> {
              Served<Q, R> there = served;
              if (there != null) {
                there.leave();
              }
            });
      }
    }
  }

  /** A request at the server. */
  private final class Served<Q extends MessageLite, R extends MessageLite>
      implements RpcCall<Q, R> {
    private final Asked<Q, R> asked;
    private final SimConnection connection;
    private final SimProcess server;
    private final long arrivedMicros = world.clock().nowMicros();
    private Runnable onClosed = () -> {};
    private boolean answered;
    private boolean gone;

    Served(Asked<Q, R> asked, SimConnection connection, SimProcess server) {
      this.asked = asked;
      this.connection = connection;
      this.server = server;
      connection.onBroken(this::leave);
    }

    void leave() {
      if (!gone) {
        gone = true;
        onClosed.run();
      }
    }

    @Override
    public Q request() {
      return asked.request;
    }

    @Override
    public long deadlineNanos() {
      return arrivedMicros * 1000 + asked.timeout.toNanos();
    }

    @Override
    public void reply(R reply) {
      if (!answered && !gone) {
        answered = !asked.method.streaming();
        tap.replied(server, asked.request, reply, arrivedMicros);
        trace("replied", reply.getSerializedSize(), reply);
        connection.answer(() -> asked.reply(reply));
      }
    }

    @Override
    public void fail(ErrorDetail detail) {
      if (!answered && !gone) {
        answered = true;
        trace("refused", detail.getCode(), detail);
        connection.answer(() -> asked.end(detail));
      }
    }

    private void trace(String how, int number, MessageLite told) {
      world
          .trace()
          .add(
              how,
              server.id(),
              asked.method.id(),
              number,
              () -> asked.method.name() + " to " + self.id() + ": " + brief(told));
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void onClosed(Runnable action) {
      if (gone) {
        action.run();
      } else {
        Runnable before = onClosed;
        onClosed =
            () -> {
              before.run();
              action.run();
            };
      }
    }
  }

  private static String brief(MessageLite message) {
    String text = message.toString().replaceAll("\\s+", " ");
    return text.substring(0, Math.min(text.length(), 600));
  }
}
