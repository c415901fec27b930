"""A small server with an old SDK of Python."""
import asyncio

from mcp import types
from mcp.server import Server
from mcp.server.stdio import stdio_server

server = Server("small")


@server.list_tools()
async def list_tools():
    return [types.Tool(name=name, inputSchema={"type": "object"}) for name in ("echo", "fail")]


@server.call_tool()
async def call_tool(name, arguments):
    if name == "fail":
        raise ValueError("out of order")
    return [types.TextContent(type="text", text=arguments["text"])]


async def main():
    async with stdio_server() as (reader, writer):
        await server.run(reader, writer, server.create_initialization_options())


asyncio.run(main())
