"""Asks the storefront's catalog for an item, by C-core: GENERATED ADDRESS VERSION."""

import importlib
import sys

import grpc

generated, address, version = sys.argv[1:]
sys.path.insert(0, generated)
package = f"storefront.catalog.{version}.catalog_pb2"
messages = importlib.import_module(package)
services = importlib.import_module(package + "_grpc")

with grpc.insecure_channel(address) as channel:
    catalog = services.CatalogServiceStub(channel)
    answer = catalog.GetItem(messages.GetItemRequest(sku="timer"), timeout=5)
    print(answer.item.sku)
