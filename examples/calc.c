/* Arguments bound to a struct: the rows are the schema that the model sees, the check, the defaults, and
   what fills the struct. A mistake that the model can mend is an answer (mcp_fail), not an error. */
#define MCP_IMPLEMENTATION
#include "mcp.h"

struct calc {
    double a, b;
    const char *op;
};

static const mcp_field calc_args[] = {
    MCP_BIND(struct calc, a, MCP_NUMBER | MCP_REQUIRED, "First operand"),
    MCP_BIND(struct calc, b, MCP_NUMBER | MCP_REQUIRED, "Second operand"),
    MCP_BIND_FIELD(struct calc, op, MCP_STRING, "What to do with them", "add|sub|mul|div", "add", 0, 0),
    MCP_END
};

static int calc(mcp_call *c)
{
    const struct calc *in = (const struct calc *)mcp_args_struct(c);
    if (!in) return MCP_E_NOMEM;
    switch (in->op[0]) {
    case 'a': return mcp_textf(c, "%.15g", in->a + in->b);
    case 's': return mcp_textf(c, "%.15g", in->a - in->b);
    case 'm': return mcp_textf(c, "%.15g", in->a * in->b);
    default:
        if (in->b == 0) return mcp_fail(c, "cannot divide by zero: choose another 'b'");
        return mcp_textf(c, "%.15g", in->a / in->b);
    }
}

static const mcp_tool tools[] = {
    MCP_TOOL("calc", calc, "Adds, subtracts, multiplies or divides two numbers.", calc_args)
};

int main(void)
{
    mcp_server_desc d = { 0 };
    d.name = "calc"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    return mcp_serve_stdio(&d);
}
