/* Arguments bound to a struct, and a struct as the result: the rows are the schema that the model sees, the
   check, the defaults, and what fills the struct or writes it. A mistake that the model can mend is an answer
   (mcp_fail), not an error. */
#define MCP_IMPLEMENTATION
#include "mcp.h"

struct calc {
    double a, b;
    const char *op;
};

struct answer {
    double value;
};

static const mcp_field calc_args[] = {
    MCP_BIND(struct calc, a, MCP_NUMBER | MCP_REQUIRED, "First operand"),
    MCP_BIND(struct calc, b, MCP_NUMBER | MCP_REQUIRED, "Second operand"),
    MCP_BIND_FIELD(struct calc, op, MCP_STRING, "What to do with them", "add|sub|mul|div", "add", 0, 0),
    MCP_END
};
static const mcp_field calc_result[] = {
    MCP_BIND(struct answer, value, MCP_NUMBER | MCP_REQUIRED, "What came out"),
    MCP_END
};

static int calc(mcp_call *c)
{
    const struct calc *in = (const struct calc *)mcp_args_struct(c);
    struct answer out;
    if (!in) return MCP_E_NOMEM;
    switch (in->op[0]) {
    case 'a': out.value = in->a + in->b; break;
    case 's': out.value = in->a - in->b; break;
    case 'm': out.value = in->a * in->b; break;
    default:
        if (in->b == 0) return mcp_fail(c, "cannot divide by zero: choose another 'b'");
        out.value = in->a / in->b;
    }
    return mcp_data_struct(c, &out);
}

static const mcp_tool tools[] = {
    MCP_TOOL_FULL("calc", calc, "Adds, subtracts, multiplies or divides two numbers.", calc_args, calc_result,
                  MCP_READ_ONLY | MCP_CLOSED_WORLD, "Calculator", 0, 0, 0, 0)
};

int main(void)
{
    mcp_server_desc d = { 0 };
    d.name = "calc"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    return mcp_serve_stdio(&d);
}
