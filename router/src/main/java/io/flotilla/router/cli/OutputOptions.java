package io.flotilla.router.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.flotilla.router.client.ReadOptions;
import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How to print: a mixin of every command that prints data. */
public final class OutputOptions {
  /** Times as ISO 8601 has them, {@code PT10S}. */
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .registerModule(
              new SimpleModule()
                  .addSerializer(Duration.class, ToStringSerializer.instance)
                  .addSerializer(ReadOptions.class, ToStringSerializer.instance));

  /** For people or for programs. */
  public enum Form {
    TABLE,
    JSON
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "One of: table, json. Default: ${DEFAULT-VALUE}.")
  private Form form;

  public boolean json() {
    return form == Form.JSON;
  }

  /** Standard output, for data. */
  public PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Standard error, for everything else. */
  public PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Prints a record, map or list as JSON. */
  public void print(Object value) {
    try {
      out().println(JSON.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot print " + value.getClass() + " as JSON", e);
    }
    out().flush();
  }

  public void print(Table table) {
    table.print(out());
    out().flush();
  }
}
